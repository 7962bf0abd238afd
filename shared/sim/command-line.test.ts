import { describe, expect, it } from 'vitest';
import { readCommandLine, usage } from './command-line.ts';

const refusal = (...args: string[]): string => {
  const command = readCommandLine(args);
  return command.type === 'refused' ? command.message : `not refused: ${command.type}`;
};

describe('the command line', () => {
  it('takes a scenario with its defaults', () => {
    expect(readCommandLine(['first-light'])).toMatchObject({
      type: 'run',
      scenario: { name: 'first-light' },
      options: { nodes: 100, seed: 1, seconds: 60, loss: 0, upload: 10, slots: 3 },
      json: false,
    });
    expect(readCommandLine(['lossy'])).toMatchObject({ options: { loss: 0.02 } });
  });

  it('takes every option', () => {
    const args = ['--nodes', '12', 'tamper', '--seed=7', '--seconds', '2.5', '--loss', '0.1', '--json'];
    expect(readCommandLine(args)).toMatchObject({
      options: { nodes: 12, seed: 7, seconds: 2.5, loss: 0.1 },
      json: true,
    });
  });

  it('gives help whatever else is there', () => {
    expect(readCommandLine(['--help'])).toEqual({ type: 'help' });
    expect(readCommandLine(['first-light', '-h'])).toEqual({ type: 'help' });
    for (const name of ['first-light', 'churn-light', 'lossy', 'tamper', 'unsigned'])
      expect(usage()).toContain(name);
  });

  it('says what it does not understand', () => {
    expect(refusal()).toContain('No scenario given');
    expect(refusal('second-light')).toContain('No such scenario: second-light');
    expect(refusal('first-light', 'lossy')).toContain('No such scenario: first-light lossy');
    expect(refusal('first-light', '--sed', '1')).toContain('--sed');
    expect(refusal('first-light', '--nodes', '0')).toContain('--nodes must be a whole number from 1');
    expect(refusal('first-light', '--nodes', '1.5')).toContain('whole number');
    expect(refusal('first-light', '--seed=')).toContain('--seed');
    expect(refusal('first-light', '--seed', 'x')).toContain('"x"');
    expect(refusal('first-light', '--loss', '1')).toContain('--loss must be a number from 0 to 0.9');
    expect(refusal('first-light', '--seconds', 'NaN')).toContain('--seconds');
    expect(refusal('first-light', '--nodes')).toContain('--nodes');
  });
});
