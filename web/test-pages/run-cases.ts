/**
 * Runs named cases one after another and writes a line for each into the page: `data-testid="case"` with `data-result` pass or
 * fail. The summary says how many of each, once all are through. `?only=words` runs those whose name contains the words.
 */

export interface Case {
  readonly name: string;
  /** Rejects if the case does not hold. */
  run(): Promise<void>;
}

export function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}

/** Longer than the longest wait that a case may have of its own. */
const CASE_WITHIN_MS = 40_000;

const tooLong = (): Promise<never> =>
  new Promise((_resolve, reject) => setTimeout(() => reject(new Error('took too long')), CASE_WITHIN_MS));

/** Needs a list and a `data-testid="summary"` in the page. */
export async function runCases(cases: readonly Case[]): Promise<void> {
  const list = document.querySelector('ol') as HTMLOListElement;
  const summary = document.querySelector('[data-testid=summary]') as HTMLElement;
  const only = new URLSearchParams(location.search).get('only') ?? '';
  let passed = 0;
  let failed = 0;
  for (const { name, run } of cases.filter((each) => each.name.includes(only))) {
    const line = document.createElement('li');
    line.dataset.testid = 'case';
    const startMs = performance.now();
    try {
      await Promise.race([run(), tooLong()]);
      passed++;
      line.dataset.result = 'pass';
      line.textContent = `pass: ${name} (${Math.round(performance.now() - startMs)} ms)`;
    } catch (error) {
      failed++;
      line.dataset.result = 'fail';
      line.textContent = `FAIL: ${name}: ${error instanceof Error ? error.message : error}`;
    }
    list.append(line);
  }
  summary.dataset.result = failed === 0 && passed > 0 ? 'pass' : 'fail';
  summary.textContent = `${passed} passed, ${failed} failed`;
}
