// What the test runners' JSON reports say of tests that failed: repeated at the end of a run, because logs are often cut to their end.

/** Of a message; a diff of two large objects says little more in a hundred lines. */
const MESSAGE_LINES_MAX = 14;
// Coloured words are for terminals.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with.
const COLOURS = /\x1b\[[0-9;]*m/g;

/** Lines of a stack in which no code of this repository stands. */
const RUNNERS_OWN = /^\s+at (.*node_modules|new Promise)/;

/** Of Vitest's and of Playwright's report what is read here. Everything may be missing: the runner may have died. */
export interface VitestReport {
  readonly testResults?: readonly {
    readonly name?: string;
    readonly message?: string;
    readonly assertionResults?: readonly {
      readonly status?: string;
      readonly fullName?: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title?: string;
    readonly file?: string;
    readonly line?: number;
    readonly ok?: boolean;
    readonly tests?: readonly {
      readonly results?: readonly { readonly errors?: readonly { readonly message?: string }[] }[];
    }[];
  }[];
}

export interface PlaywrightReport extends PlaywrightSuite {
  readonly errors?: readonly { readonly message?: string }[];
}

/** One entry for each failed test: where it is, and below that what it said. */
export function vitestFailures({ testResults = [] }: VitestReport): string[] {
  return testResults.flatMap(({ name = '', message = '', assertionResults = [] }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0) return message === '' ? [] : [entry(name, [message])];
    return failed.map(({ fullName = '', failureMessages = [] }) =>
      entry(`${name} › ${fullName}`, failureMessages),
    );
  });
}

export function playwrightFailures(report: PlaywrightReport): string[] {
  const unbound = (report.errors ?? []).map(({ message = '' }) => entry('outside a test', [message]));
  return [...unbound, ...ofSuite(report)];
}

function ofSuite({ suites = [], specs = [] }: PlaywrightSuite): string[] {
  const failed = specs.filter(({ ok }) => ok === false);
  const entries = failed.map(({ title = '', file = '', line = 0, tests = [] }) => {
    const results = tests.flatMap((test) => test.results ?? []);
    const messages = results.flatMap(({ errors = [] }) => errors.map(({ message = '' }) => message));
    return entry(`${file}:${line} › ${title}`, messages);
  });
  return [...entries, ...suites.flatMap(ofSuite)];
}

function entry(where: string, messages: readonly string[]): string {
  const lines = messages.flatMap((message) =>
    message
      .replace(COLOURS, '')
      .trimEnd()
      .split('\n')
      .filter((line) => !RUNNERS_OWN.test(line))
      .slice(0, MESSAGE_LINES_MAX),
  );
  const here = `${process.cwd()}/`;
  return [where, ...lines.map((line) => `    ${line}`)].join('\n').replaceAll(here, '');
}
