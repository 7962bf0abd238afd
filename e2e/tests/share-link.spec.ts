// What a host does with the link: copies it, hands it to the system's own dialog, or writes it down by hand where the browser refuses both.

import type { Page } from 'playwright';
import { expectAccessible } from '../support/accessible.ts';
import { expect, test } from '../support/swarm.ts';

declare global {
  var shared: ShareData[] | undefined;
  /** Name of the DOMException that the system's dialog ends with; undefined: it was shared. */
  var shareEnds: string | undefined;
}

test('the link is copied, and where the browser refuses that, selected', async ({ swarm }) => {
  const host = await swarm.host();
  const { page } = host;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copy = page.getByRole('button', { name: 'Copy link' });
  await copy.click();
  await expect(page.getByText('Copied. Send it to those who should watch.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(host.link);
  await expect(page.getByRole('button', { name: 'Share…' }), 'only where there is a dialog').toHaveCount(0);

  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await copy.click();
  await expect(page.getByText('The link is selected: press Ctrl+C or ⌘C.')).toBeVisible();
  const selected = await page
    .getByLabel('Link to watch')
    .evaluate((field: HTMLInputElement) =>
      field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0),
    );
  expect(selected).toBe(host.link);
  expect(swarm.complaints).toEqual([]);
});

test('the system’s own dialog gets title and link; closing it says nothing, and a failure what to do', async ({
  swarm,
}) => {
  const host = await swarm.host({ title: 'Evening flight', prepare: addShareDialog });
  const { page } = host;
  const share = page.getByRole('button', { name: 'Share…' });
  const feedback = page.getByRole('status').filter({ hasText: 'link' });
  const sharedTimes = (times: number) =>
    expect.poll(() => page.evaluate(() => globalThis.shared?.length)).toBe(times);
  await share.click();
  await sharedTimes(1);
  expect(await page.evaluate(() => globalThis.shared)).toEqual([{ title: 'Evening flight', url: host.link }]);

  await page.evaluate(() => {
    globalThis.shareEnds = 'DataError';
  });
  await share.click();
  await expect(page.getByText('The browser could not share the link. Copy it instead.')).toBeVisible();

  await page.evaluate(() => {
    globalThis.shareEnds = 'AbortError';
  });
  await share.click();
  await sharedTimes(3);
  await expect(feedback).toHaveCount(0);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(page);
  expect(swarm.complaints).toEqual([]);
});

/** In place of the dialog of a telephone, which headless browsers lack. */
async function addShareDialog(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.shared = [];
    navigator.share = async (data = {}) => {
      globalThis.shared?.push(data);
      if (globalThis.shareEnds) throw new DOMException('', globalThis.shareEnds);
    };
  });
}
