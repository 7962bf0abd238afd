// Cases that only a real browser can run: the contract of the WebRTC transport, and the ports of a page.

import { expect, test } from 'playwright/test';
import { testPagesFolder } from '../support/built-pages.ts';
import { type StaticServer, serveFolder } from '../support/static-server.ts';

/** A dial that nobody answers takes its whole time-out. */
const CASES_WITHIN_MS = 90_000;

let server: StaticServer;
test.beforeAll(async () => {
  server = await serveFolder(testPagesFolder);
});
test.afterAll(() => server.close());

for (const name of ['transport-contract', 'page-ports']) {
  test(`every case of ${name} holds`, async ({ page }) => {
    await page.goto(`${server.url}/${name}.html`);
    const summary = page.getByTestId('summary');
    await expect(summary).not.toHaveText('running', { timeout: CASES_WITHIN_MS });
    const cases = page.getByTestId('case');
    for (const line of await cases.allInnerTexts()) expect.soft(line).toMatch(/^pass: /);
    expect(await cases.count()).toBeGreaterThan(4);
    await expect(summary).toHaveAttribute('data-result', 'pass');
  });
}
