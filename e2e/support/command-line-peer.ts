// Peers in Node.js, as people start them: commands of `murmuration`, as processes of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../supernode/src/cli/main.ts', import.meta.url));
const SAYS_WITHIN_MS = 30_000;

export class CommandLinePeer {
  readonly #child: ChildProcess;
  #output = '';
  #errors = '';

  /** @param words the command and its flags; it is linked on loopback */
  constructor(...words: string[]) {
    this.#child = spawn(process.execPath, [program, ...words, '--bind', '127.0.0.1'], { stdio: 'pipe' });
    this.#child.stdout?.on('data', (part) => {
      this.#output += part;
    });
    this.#child.stderr?.on('data', (part) => {
      this.#errors += part;
    });
    // A test that dies half way leaves no peer behind.
    const endIt = () => this.#child.kill('SIGKILL');
    process.once('exit', endIt);
    this.#child.once('exit', () => process.off('exit', endIt));
  }

  /** Lines on standard output so far. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** A line on standard output, or what was said instead. */
  async line(at: number): Promise<string> {
    const untilMs = performance.now() + SAYS_WITHIN_MS;
    while (this.lines.length <= at) {
      if (this.#child.exitCode !== null || performance.now() > untilMs)
        throw new Error(`it said: ${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.lines[at] ?? '';
  }

  /** A line to its standard input. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
