// The floors of the house (ARCHITECTURE.md): who may import whom. Imports only ever go down.
//
// Every rule carries an example of what it forbids. `floors.ts` plants all of them in a scratch tree and checks that each is
// reported, so that a rule which has stopped biting is a failure, not a silence.

import type { IForbiddenRuleType } from 'dependency-cruiser';

type Floor = { rule: IForbiddenRuleType; examples: Example[] };
/** `from` and `to` are files of the scratch tree. `specifier` replaces the relative path when `to` is no file of it. */
type Example = { from: string; to: string } | { from: string; specifier: string };

/** The rooms of `shared/src`. A folder that is not listed has no floor, which `floors.ts` reports. */
export const sharedRooms = [
  'lib',
  'wire',
  'graph',
  'relay',
  'multicast',
  'swarm',
  'node',
  'rtc',
  'monitor',
  'media',
];

const tests = '\\.test\\.tsx?$';

function forbid(name: string, comment: string, from: object, to: object, examples: Example[]): Floor {
  return { rule: { name, comment, severity: 'error', from, to } as IForbiddenRuleType, examples };
}

export const floors: Floor[] = [
  forbid(
    'core-stands-alone',
    'shared/src imports only itself: no Node built-ins, no packages (but one, in lib/sha256.ts), no other room of the house.',
    { path: '^shared/src/', pathNot: [tests, '^shared/src/lib/sha256\\.ts$'] },
    { pathNot: '^shared/src/' },
    [
      { from: 'shared/src/node/a.ts', specifier: 'node:fs' },
      { from: 'shared/src/node/b.ts', specifier: 'ws' },
      { from: 'shared/src/node/c.ts', to: 'shared/sim/main.ts' },
      { from: 'shared/src/relay/c.ts', to: 'web/src/main.ts' },
    ],
  ),
  forbid(
    'core-tests-know-no-program',
    'Tests of the core may use Node and packages, but not web, supernode or e2e.',
    { path: `^shared/src/.*${tests}` },
    { path: '^(web|supernode|e2e)/' },
    [{ from: 'shared/src/node/a.test.ts', to: 'supernode/src/main.ts' }],
  ),
  forbid(
    'lib-imports-nothing-above',
    'shared/src/lib is the ground floor.',
    { path: '^shared/src/lib/' },
    { path: '^shared/src/', pathNot: '^shared/src/lib/' },
    [{ from: 'shared/src/lib/a.ts', to: 'shared/src/wire/messages.ts' }],
  ),
  forbid(
    'wire-imports-only-lib',
    'shared/src/wire stands on lib.',
    { path: '^shared/src/wire/' },
    { path: '^shared/src/', pathNot: '^shared/src/(lib|wire)/' },
    [{ from: 'shared/src/wire/a.ts', to: 'shared/src/graph/machine.ts' }],
  ),
  forbid(
    'machines-never-meet',
    'graph, relay, multicast and swarm stand on wire and lib and never import each other: node/ translates between them.',
    { path: '^shared/src/(graph|relay|multicast|swarm)/' },
    { path: '^shared/src/', pathNot: '^shared/src/(lib|wire|$1)/' },
    [
      { from: 'shared/src/graph/a.ts', to: 'shared/src/relay/machine.ts' },
      { from: 'shared/src/relay/a.ts', to: 'shared/src/node/host.ts' },
      { from: 'shared/src/multicast/a.ts', to: 'shared/src/swarm/machine.ts' },
      { from: 'shared/src/swarm/a.ts', to: 'shared/src/graph/machine.ts' },
    ],
  ),
  forbid(
    'rtc-knows-only-the-ports',
    'shared/src/rtc is what all WebRTC transports share: it stands on lib, wire and the ports, and no machine imports it.',
    { path: '^shared/src/rtc/', pathNot: tests },
    { path: '^shared/src/', pathNot: '^shared/src/(lib|wire|rtc|node/ports\\.ts$)' },
    [{ from: 'shared/src/rtc/a.ts', to: 'shared/src/node/driver.ts' }],
  ),
  forbid(
    'core-knows-no-webrtc',
    'How links are made is behind the transport port.',
    { path: '^shared/src/', pathNot: '^shared/src/rtc/' },
    { path: '^shared/src/rtc/' },
    [{ from: 'shared/src/node/d.ts', to: 'shared/src/rtc/signal-batch.ts' }],
  ),
  forbid(
    'monitor-looks-from-above',
    'shared/src/monitor stands on graph, wire and lib; nothing of the core stands on it.',
    { path: '^shared/src/monitor/' },
    { path: '^shared/src/', pathNot: '^shared/src/(lib|wire|graph|monitor)/' },
    [{ from: 'shared/src/monitor/a.ts', to: 'shared/src/node/host.ts' }],
  ),
  forbid(
    'core-knows-no-monitor',
    'shared/src/monitor stands on graph, wire and lib; nothing of the core stands on it.',
    { path: '^shared/src/', pathNot: '^shared/src/monitor/' },
    { path: '^shared/src/monitor/' },
    [{ from: 'shared/src/node/m.ts', to: 'shared/src/monitor/a.ts' }],
  ),
  forbid(
    'media-stands-on-wire',
    'shared/src/media is what streams of media carry, for the page and the command line: it stands on wire and lib.',
    { path: '^shared/src/media/' },
    { path: '^shared/src/', pathNot: '^shared/src/(lib|wire|media)/' },
    [{ from: 'shared/src/media/a.ts', to: 'shared/src/node/host.ts' }],
  ),
  forbid(
    'core-knows-no-media',
    'To the core a message is bytes; nothing of it stands on shared/src/media.',
    { path: '^shared/src/', pathNot: '^shared/src/media/' },
    { path: '^shared/src/media/' },
    [{ from: 'shared/src/node/n.ts', to: 'shared/src/media/a.ts' }],
  ),
  forbid(
    'sim-runs-only-the-core',
    'shared/sim is a Node program around shared/src.',
    { path: '^shared/sim/' },
    { path: '^(web|supernode|e2e)/' },
    [{ from: 'shared/sim/a.ts', to: 'web/src/main.ts' }],
  ),
  forbid(
    'web-edges-stay-apart',
    'rtc, media and platform import neither each other nor anything above them; @murmuration/shared is free to use, and so are workers.',
    { path: '^web/src/(rtc|media|platform)/' },
    { path: '^web/src/', pathNot: '^web/src/($1/|page-worker\\.ts)' },
    [
      { from: 'web/src/rtc/a.ts', to: 'web/src/media/capture.ts' },
      { from: 'web/src/media/a.ts', to: 'web/src/session/session.ts' },
      { from: 'web/src/platform/a.ts', to: 'web/src/state/store.ts' },
    ],
  ),
  forbid(
    'session-knows-no-page',
    'pages → api → state → session → rtc, media, platform.',
    { path: '^web/src/session[./]' },
    { path: '^web/src/(embed/|pages/|api/|state[./]|main\\.)' },
    [
      { from: 'web/src/session/a.ts', to: 'web/src/state/store.ts' },
      { from: 'web/src/session/b.ts', to: 'web/src/api/watch-stream.ts' },
    ],
  ),
  forbid(
    'state-knows-no-page',
    'pages → api → state → session → rtc, media, platform.',
    { path: '^web/src/state[./]' },
    { path: '^web/src/(embed/|pages/|api/|main\\.)' },
    [{ from: 'web/src/state/a.ts', to: 'web/src/pages/watch.ts' }],
  ),
  forbid(
    'api-knows-no-page',
    'embed → pages → api → state: what programs call needs no page.',
    { path: '^web/src/api/' },
    { path: '^web/src/(embed/|pages/|main\\.)' },
    [{ from: 'web/src/api/a.ts', to: 'web/src/pages/watch.ts' }],
  ),
  forbid(
    'page-knows-no-embedding',
    'The web component stands on the pages, not they on it.',
    { path: '^web/src/(pages/|main\\.)' },
    { path: '^web/src/embed/' },
    [{ from: 'web/src/pages/d.ts', to: 'web/src/embed/player.ts' }],
  ),
  forbid(
    'contract-stands-alone',
    'The types of the package go out as they are: they import nothing.',
    { path: '^web/src/api/contract\\.ts' },
    { path: '.' },
    [{ from: 'web/src/api/contract.ts', to: 'web/src/state/store.ts' }],
  ),
  forbid(
    'web-imports-only-the-core',
    'The page stands on shared/src and on packages.',
    // Tests and test pages also run the transport contract and other parts of the simulator.
    { path: '^web/', pathNot: [tests, '^web/test-pages/'] },
    { path: '^(supernode|e2e|shared/sim)/' },
    [{ from: 'web/src/pages/b.ts', to: 'supernode/src/main.ts' }],
  ),
  forbid(
    'supernode-imports-only-the-core',
    'The supernode serves the built page as files; it imports shared/src alone.',
    // Its tests also run the transport contract, with the page's client at the other end.
    { path: '^supernode/', pathNot: tests },
    { path: '^(web|e2e|shared/sim)/' },
    [{ from: 'supernode/src/a.ts', to: 'web/src/main.ts' }],
  ),
  forbid(
    'clients-stand-alone',
    'A client of the gateway is one file that programs elsewhere take as it is: it imports only Node.js.',
    { path: '^supernode/client/', pathNot: tests },
    { path: '^(web|supernode|shared|e2e)/|node_modules' },
    [{ from: 'supernode/client/a.ts', to: 'supernode/src/main.ts' }],
  ),
  forbid(
    'examples-use-what-programs-have',
    'An example is a program of somebody else: it imports Node.js and the client of the gateway.',
    { path: '^supernode/examples/', pathNot: tests },
    { path: '^(web|supernode|shared|e2e)/|node_modules', pathNot: '^supernode/(examples|client)/' },
    [{ from: 'supernode/examples/a.ts', to: 'supernode/src/main.ts' }],
  ),
  forbid(
    'e2e-imports-no-product-code',
    'End-to-end tests start the programs and look at what a person sees.',
    { path: '^e2e/' },
    { path: '^(web|supernode|shared)/|@murmuration/' },
    [
      { from: 'e2e/tests/a.spec.ts', to: 'shared/src/lib/bytes.ts' },
      { from: 'e2e/tests/b.spec.ts', specifier: '@murmuration/shared/lib/bytes.ts' },
    ],
  ),
  forbid('no-cycles', 'Two modules that import each other are one module.', {}, { circular: true }, [
    { from: 'web/src/pages/round.ts', to: 'web/src/pages/about.ts' },
    { from: 'web/src/pages/about.ts', to: 'web/src/pages/round.ts' },
  ]),
  forbid(
    'imports-resolve',
    'An import that the tool cannot follow is an import that it cannot judge.',
    {},
    { couldNotResolve: true, pathNot: '\\?' },
    [{ from: 'web/src/pages/c.ts', specifier: './missing.ts' }],
  ),
];
