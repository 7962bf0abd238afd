// A page's workers over the page's own session: the browser passes messages to and from them on. Playwright's sessions reach pages only.

import type { CDPSession } from 'playwright';

/** A worker that says nothing for so long is gone. */
const ANSWER_WITHIN_MS = 10_000;

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** For each worker that the page has now: asks it something, by the name of the protocol's method, and hands its answer out. */
export async function sessionsOfWorkers(page: CDPSession): Promise<((method: string) => Promise<unknown>)[]> {
  const workers: string[] = [];
  const waiting = new Map<string, (answer: Answer) => void>();
  page.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  page.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
    const answer: Answer = JSON.parse(message);
    waiting.get(`${sessionId} ${answer.id}`)?.(answer);
  });
  // The answer to this comes after the news of those who are there.
  await page.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  let asked = 0;
  return workers.map((sessionId) => async (method) => {
    const id = ++asked;
    const key = `${sessionId} ${id}`;
    const answered = new Promise<Answer>((resolve, reject) => {
      waiting.set(key, resolve);
      setTimeout(() => reject(new Error(`A worker has not answered ${method}.`)), ANSWER_WITHIN_MS).unref();
    });
    await page.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    const { result, error } = await answered;
    waiting.delete(key);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  });
}
