/** What is known of one node: a role, a subnetwork, and with whom it is linked. */
import type { PicturedNode } from '@murmuration/shared/monitor/feed-messages.ts';
import { type NodeFacts, roleWords } from '../../state/monitor/nodes.ts';
import { Fact, FactList } from '../parts/facts.tsx';

const SHOWN_MAX = 20;

export function NodeCard(props: {
  facts: NodeFacts;
  onSelect: (handle: number) => void;
  onClose: () => void;
}) {
  const { node, inner, outer, supernodes } = props.facts;
  return (
    <section class="node-card" aria-label={`Node ${node.name}`}>
      <div class="node-card-head">
        <h2>
          <span class="node-name">{node.name}</span>
        </h2>
        <button class="button" type="button" onClick={props.onClose}>
          Close
        </button>
      </div>
      <FactList>
        <Fact label="Role">{roleWords[node.role]}</Fact>
        <Fact label="Subnetwork">{node.subnetwork ?? 'none'}</Fact>
        <Fact label="Links inside" value={inner.length}>
          {inner.length}
        </Fact>
        <Fact label="Links outside" value={outer.length}>
          {outer.length}
        </Fact>
        <Fact label="Supernodes" value={supernodes.length}>
          {supernodes.length}
        </Fact>
      </FactList>
      <Neighbours title="Linked with" nodes={[...supernodes, ...outer, ...inner]} onSelect={props.onSelect} />
    </section>
  );
}

function Neighbours(props: {
  title: string;
  nodes: readonly PicturedNode[];
  onSelect: (handle: number) => void;
}) {
  const { nodes } = props;
  if (nodes.length === 0) return null;
  return (
    <div class="node-neighbours">
      <h3>{props.title}</h3>
      <ul>
        {nodes.slice(0, SHOWN_MAX).map(({ handle, name, role }) => (
          <li key={handle}>
            <button class="node-result" type="button" onClick={() => props.onSelect(handle)}>
              <span class="node-name">{name}</span>
              {role !== 2 && ` ${roleWords[role]}`}
            </button>
          </li>
        ))}
      </ul>
      {nodes.length > SHOWN_MAX && <p class="hint">and {nodes.length - SHOWN_MAX} more</p>}
    </div>
  );
}
