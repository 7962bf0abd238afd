/** Whom this page is linked with: members of its stream, supernodes, and members of other streams. */
import { counted } from '../../state/readable-numbers.ts';
import { bridgeWords, type Neighbour } from '../../state/swarm-figures.ts';
import { Fact } from './facts.tsx';
import { Names } from './names.tsx';

interface LinkFigures {
  readonly links: number;
  readonly supernodes: number;
  readonly bridges: readonly Neighbour[];
}

export function LinkFacts({ figures }: { figures: LinkFigures }) {
  const { links, supernodes, bridges } = figures;
  return (
    <>
      <Fact label="Connections">
        {counted(links, 'peer')}, {counted(supernodes, 'supernode')}
      </Fact>
      <Fact label="Bridges" value={bridges.length}>
        {bridgeWords(bridges)}
      </Fact>
      {bridges.length > 0 && (
        <Fact label="Bridges lead to">
          <Names of={bridges} />
        </Fact>
      )}
    </>
  );
}
