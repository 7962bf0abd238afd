/** The picture and the plots as tables, for those who read them, and for those who want the numbers. */
import type { SubnetworkStatistics } from '@murmuration/shared/graph/statistics.ts';
import type { MonitorPoint, ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import type { Picture } from '@murmuration/shared/monitor/picture.ts';
import { useState } from 'preact/hooks';
import { degreesOf, membersOf, roleWords } from '../../state/monitor/nodes.ts';

const ROWS = 25;

export function NetworkTables(props: {
  point: MonitorPoint | undefined;
  picture: Picture;
  focus: ShortName | undefined;
  onSelect: (handle: number) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="card tables" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The same as tables</summary>
      {/* Not made before somebody wants them: they change every two seconds. */}
      {isOpen && props.point && <Subnetworks point={props.point} />}
      {isOpen && <Nodes {...props} />}
    </details>
  );
}

const mean = (value: number): string => value.toFixed(1);

function Subnetworks({ point }: { point: MonitorPoint }) {
  const { activeNodes, supernodes, connections, subnetworks, listed, rest } = point.statistics;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, also by keys.
    <section class="table-box table-wide" tabIndex={0} aria-label="Subnetworks">
      <table>
        <caption>
          {activeNodes} hosts and viewers in {subnetworks} subnetworks, {connections} connections between
          them, {supernodes} supernodes
        </caption>
        <thead>
          <tr>
            <th scope="col">Subnetwork</th>
            <th scope="col">Members</th>
            <th scope="col">Internal relations</th>
            <th scope="col">External connections</th>
            <th scope="col">Inner per member, mean (most)</th>
            <th scope="col">Outer per member, mean (most)</th>
            <th scope="col">Links with neighbours</th>
          </tr>
        </thead>
        <tbody>
          {listed.map((subnetwork) => (
            <SubnetworkRow key={subnetwork.stream} subnetwork={subnetwork} />
          ))}
          {rest.subnetworks > 0 && (
            <tr>
              <th scope="row">{rest.subnetworks} others</th>
              <td>{rest.members}</td>
              <td>{rest.internalRelations}</td>
              <td>{rest.externalConnections}</td>
              <td>
                {mean(rest.innerPerMember.mean)} ({rest.innerPerMember.max})
              </td>
              <td>
                {mean(rest.outerPerMember.mean)} ({rest.outerPerMember.max})
              </td>
              <td>–</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function SubnetworkRow({ subnetwork }: { subnetwork: SubnetworkStatistics<ShortName> }) {
  const { stream, members, internalRelations, externalConnections } = subnetwork;
  const { innerPerMember, outerPerMember, neighbours, otherNeighbours } = subnetwork;
  const others = otherNeighbours.connections > 0 ? [`others ${otherNeighbours.connections}`] : [];
  const words = [...neighbours.map(({ stream: name, connections }) => `${name} ${connections}`), ...others];
  return (
    <tr>
      <th scope="row">{stream}</th>
      <td>{members}</td>
      <td>{internalRelations}</td>
      <td>{externalConnections}</td>
      <td>
        {mean(innerPerMember.mean)} ({innerPerMember.max})
      </td>
      <td>
        {mean(outerPerMember.mean)} ({outerPerMember.max})
      </td>
      <td>{words.join(', ') || 'none'}</td>
    </tr>
  );
}

function Nodes(props: {
  picture: Picture;
  focus: ShortName | undefined;
  onSelect: (handle: number) => void;
}) {
  const [shown, setShown] = useState(ROWS);
  const nodes = membersOf(props.picture, props.focus);
  const degrees = degreesOf(props.picture);
  return (
    <section class="table-box" aria-label="Nodes">
      <table>
        <caption>
          {Math.min(shown, nodes.length)} of {nodes.length} nodes{' '}
          {props.focus === undefined ? 'in all' : `in ${props.focus}`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Role</th>
            <th scope="col">Subnetwork</th>
            <th scope="col">Links</th>
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, shown).map(({ handle, name, role, subnetwork }) => (
            <tr key={handle}>
              <th scope="row">
                <button class="node-result" type="button" onClick={() => props.onSelect(handle)}>
                  <span class="node-name">{name}</span>
                </button>
              </th>
              <td>{roleWords[role]}</td>
              <td>{subnetwork ?? 'none'}</td>
              <td>{degrees.get(handle) ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown < nodes.length && (
        <button class="button" type="button" onClick={() => setShown(shown + 4 * ROWS)}>
          Show more
        </button>
      )}
    </section>
  );
}
