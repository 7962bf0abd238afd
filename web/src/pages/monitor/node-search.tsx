/** Finds a node by the beginning of its name. */
import type { PicturedNode } from '@murmuration/shared/monitor/feed-messages.ts';
import type { Picture } from '@murmuration/shared/monitor/picture.ts';
import { useId, useState } from 'preact/hooks';
import { findNodes, roleWords } from '../../state/monitor/nodes.ts';

const SHOWN_MAX = 6;

export function NodeSearch({ picture, onFind }: { picture: Picture; onFind: (handle: number) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const found = findNodes(picture, text, SHOWN_MAX);
  const take = ({ handle }: PicturedNode) => {
    setText('');
    onFind(handle);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (found[0]) take(found[0]);
  };
  return (
    <form class="node-search" onSubmit={submit}>
      <div class="field">
        <label for={id}>Find a node</label>
        <input
          id={id}
          type="text"
          placeholder="First characters of its id"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <p class="visually-hidden" role="status">
        {text === '' ? '' : found.length === 0 ? 'No node found' : `${found.length} found`}
      </p>
      {text !== '' && (
        <ul class="node-results">
          {found.map((node) => (
            <li key={node.handle}>
              <button class="node-result" type="button" onClick={() => take(node)}>
                <span class="node-name">{node.name}</span> {roleWords[node.role]}
                {node.subnetwork !== undefined && ` in ${node.subnetwork}`}
              </button>
            </li>
          ))}
          {found.length === 0 && <li class="hint">Nobody’s id begins like that.</li>}
        </ul>
      )}
    </form>
  );
}
