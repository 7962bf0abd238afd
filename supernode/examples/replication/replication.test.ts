/** Primary and replicas with a list between them instead of a stream: what is lost, repeated and broken is chosen here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, type Message, type SnapshotMessage, type Value } from './message.ts';
import { Primary } from './primary.ts';
import { Replica } from './replica.ts';
import { databaseLimits, ReplicationError } from './replicated-database.ts';

const patienceMs = 60_000;
let folder: string;
let sent: Uint8Array[];
let open: { close(): void }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replication-'));
  sent = [];
  open = [];
});
afterEach(() => {
  for (const each of open) each.close();
  rmSync(folder, { recursive: true, force: true });
});

function newPrimary(name = 'primary.db', messageBytesMax = 4_096): Primary {
  const feed = async (message: Uint8Array): Promise<void> => void sent.push(message);
  const primary = new Primary({ path: join(folder, name), messageBytesMax, feed });
  open.push(primary);
  return primary;
}

function newReplica(name = 'replica.db'): Replica {
  const replica = new Replica({ path: join(folder, name), nowMs: 0, patienceMs });
  open.push(replica);
  return replica;
}

const give = (replica: Replica, messages = sent.splice(0), nowMs = 0): string[] =>
  messages.map((message) => replica.receive(message, nowMs).did);
const state = (replica: Replica, nowMs = 0): string => replica.report(nowMs).state;
const rows = (from: Primary | Replica): unknown[] => from.read('select rowid, * from t order by rowid');

/** A primary with a table, and a replica that follows it. */
async function pair(): Promise<{ primary: Primary; replica: Replica }> {
  const primary = newPrimary();
  await primary.execute("create table t (a, b text default 'x')");
  await primary.sendSnapshot();
  const replica = newReplica();
  give(replica);
  expect(state(replica)).toBe('following');
  return { primary, replica };
}

async function insert(primary: Primary, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await primary.execute('insert into t (a) values (?)', at);
}

describe('replication', () => {
  it('executes statements in order, with their values as the primary had them', async () => {
    const { primary, replica } = await pair();
    const values: Value[] = [1, -0, 1.5, 'é\n;', null, 2n ** 63n - 1n, Uint8Array.of(0, 255)];
    for (const value of values) await primary.execute('insert into t (a) values (?)', value);
    await primary.execute('update t set b = upper(?) || a where a = 1', 'y');
    await primary.execute(
      'create trigger g after insert on t begin update t set b = new.rowid where a is null; end',
    );
    await primary.execute('alter table t add column c');
    await primary.execute('delete from t where a = 1.5');
    await primary.execute("insert into t (a) values (';') -- one statement still");
    expect(new Set(give(replica))).toEqual(new Set(['executed']));
    const all = 'select rowid, typeof(a), hex(a), b, c from t';
    expect(replica.read(all)).toEqual(primary.read(all));
    expect(replica.read('select count(*) as n from t')).toEqual([{ n: values.length }]);
    expect([replica.position, state(replica)]).toEqual([primary.position, 'following']);
  });

  it('executes each statement once, also over restarts and when all of it comes again', async () => {
    const { primary, replica } = await pair();
    await insert(primary, 3);
    const messages = sent.splice(0);
    expect(give(replica, messages)).toEqual(['executed', 'executed', 'executed']);
    replica.close();
    open.splice(open.indexOf(replica), 1);
    const again = newReplica();
    expect(state(again)).toBe('catching up');
    expect(give(again, messages)).toEqual(['nothing', 'nothing', 'nothing']);
    await insert(primary, 1);
    expect(give(again)).toEqual(['executed']);
    expect([rows(again), state(again)]).toEqual([rows(primary), 'following']);
  });

  it('counts a statement that fails half-way neither here nor there', async () => {
    const { primary, replica } = await pair();
    await primary.execute('create unique index i on t (a)');
    await insert(primary, 2);
    const before = primary.position;
    await expect(primary.execute('insert into t (a) values (7), (8), (0)')).rejects.toThrow('UNIQUE');
    await expect(primary.execute('insert or rollback into t (a) values (7), (0)')).rejects.toThrow('UNIQUE');
    expect(primary.position).toEqual(before);
    give(replica);
    expect(rows(replica)).toEqual(rows(primary));
  });

  it('sees a gap, says so, and goes on from the log', async () => {
    const { primary, replica } = await pair();
    await insert(primary, 5);
    const [first, , , ...rest] = sent.splice(0);
    expect(give(replica, [first as Uint8Array, ...rest])).toEqual(['executed', 'noted', 'noted']);
    expect(replica.report(0)).toMatchObject({ state: 'catching up', number: 2, head: 6 });
    expect(replica.report(0).words).toContain('Statement 3 is missing');
    await primary.sendLog();
    expect(give(replica)).toEqual([
      'nothing',
      'nothing',
      'executed',
      'executed',
      'executed',
      'executed',
      'noted',
    ]);
    expect([rows(replica), state(replica)]).toEqual([rows(primary), 'following']);
  });

  it('notices a missed last statement by the head, and waits to hear after a gap', async () => {
    const { primary, replica } = await pair();
    await insert(primary, 1);
    const [lost] = sent.splice(0);
    expect(state(replica)).toBe('following');
    await primary.sendLog();
    const head = sent.splice(0).at(-1) as Uint8Array;
    give(replica, [head]);
    expect(state(replica)).toBe('catching up');
    give(replica, [lost as Uint8Array]);
    expect(state(replica)).toBe('following');
    replica.gap();
    expect(state(replica)).toBe('catching up');
    give(replica, [lost as Uint8Array]);
    expect(state(replica)).toBe('catching up');
    give(replica, [head]);
    expect(state(replica)).toBe('following');
  });

  it('catches up from a snapshot when the log no longer reaches back; statements that follow it fit on', async () => {
    const { primary, replica } = await pair();
    await insert(primary, databaseLimits.logStatementsMax + 2);
    sent = [];
    await primary.sendLog();
    expect(give(replica)).not.toContain('executed');
    expect(state(replica)).toBe('catching up');
    const late = newReplica('late.db');
    const sending = primary.sendSnapshot();
    await Promise.all([sending, insert(primary, 2)]);
    const messages = sent.splice(0);
    expect(messages.length).toBeGreaterThan(4);
    for (const each of [replica, late]) {
      expect(give(each, messages).slice(-3)).toEqual(['installed', 'executed', 'executed']);
      expect([rows(each), state(each)]).toEqual([rows(primary), 'following']);
    }
    expect(late.read('select * from replication_log')).toEqual(primary.read('select * from replication_log'));
  });

  it('sends with the log what could not be sent, also after a restart of the primary', async () => {
    const { primary, replica } = await pair();
    primary.close();
    open.splice(open.indexOf(primary), 1);
    const path = join(folder, 'primary.db');
    const feed = async (): Promise<void> => {
      throw new Error('the gateway is gone');
    };
    const mute = new Primary({ path, messageBytesMax: 4_096, feed });
    await expect(mute.execute('insert into t (a) values (1)')).rejects.toThrow('the gateway is gone');
    mute.close();
    const again = newPrimary();
    await again.sendLog();
    expect(give(replica)).toEqual(['nothing', 'executed', 'noted']);
    expect([rows(replica), state(replica)]).toEqual([[{ rowid: 1, a: 1, b: 'x' }], 'following']);
  });

  it('does not build on a snapshot of which a part is missing', async () => {
    const { primary } = await pair();
    const late = newReplica('late.db');
    await primary.sendSnapshot();
    const [, ...rest] = sent.splice(0);
    expect(new Set(give(late, rest))).toEqual(new Set(['nothing']));
    await primary.sendSnapshot();
    sent.splice(1, 1);
    expect(give(late)).toContain('refused');
    expect([late.position, state(late), state(late, patienceMs + 1)]).toEqual([
      undefined,
      'catching up',
      'cut off',
    ]);
    await primary.sendSnapshot();
    await primary.sendLog();
    const [head, last] = [sent.pop(), sent.splice(rest.length, 1)[0]];
    give(late);
    expect(give(late, [head as Uint8Array, last as Uint8Array])).toEqual(['noted', 'nothing']);
    await primary.sendSnapshot();
    expect(give(late).at(-1)).toBe('installed');
  });

  it('says that it is cut off, and what to do: silence, a gap that stays, another database, a primary that forgot', async () => {
    const { primary, replica } = await pair();
    expect(replica.report(patienceMs + 1)).toMatchObject({ state: 'cut off' });
    expect(replica.report(patienceMs + 1).words).toContain('Look whether the primary runs');

    await insert(primary, 2);
    give(replica, sent.splice(1), patienceMs + 1);
    expect(state(replica, patienceMs + 1)).toBe('cut off');
    expect(replica.report(patienceMs + 1).words).toContain('Start again with an empty file');
    sent = [];
    await primary.sendLog();
    give(replica, undefined, patienceMs + 1);
    expect(state(replica, patienceMs + 1)).toBe('following');

    const other = newPrimary('other.db');
    await other.sendSnapshot();
    expect(new Set(give(replica))).toEqual(new Set(['refused']));
    expect(replica.report(patienceMs + 1)).toMatchObject({ state: 'cut off' });
    expect(replica.report(patienceMs + 1).words).toContain('another database');

    const { log } = primary.position;
    give(replica, [encodeMessage({ kind: 'head', log, number: 1 })], patienceMs + 1);
    expect(replica.report(2 * patienceMs).words).toContain('forgotten');
    expect(rows(replica)).toEqual(rows(primary));
  });

  it('takes an existing database as the start of its log, and no file of somebody else as a replica', async () => {
    const existing = new DatabaseSync(join(folder, 'old.db'));
    existing.exec("create table t (a); insert into t values ('old')");
    existing.close();
    expect(() => newReplica('old.db')).toThrow('Give an empty file');
    const primary = newPrimary('old.db');
    await primary.sendSnapshot();
    const replica = newReplica();
    give(replica);
    expect(rows(replica)).toEqual([{ rowid: 1, a: 'old' }]);
  });
});

describe('statements that are refused change nothing and are not sent', () => {
  it.each([
    ['insert into t (a) values (random())', 'random is not sure'],
    ["insert into t (a) values (datetime('now'))", 'datetime is not sure'],
    ['insert into t (a) values (current_timestamp)', 'current_timestamp is not sure'],
    ['insert into t (a) values (last_insert_rowid())', 'last_insert_rowid is not sure'],
    ['create table u (a, b default current_timestamp)', 'default that is computed'],
    ['create table u (a default (random()))', 'default that is computed'],
    ['insert into noisy values (1)', 'random is not sure'],
    [
      'insert into t (a) with recursive c(x) as (select 1 union all select x + 1 from c) select x from c',
      'recursive',
    ],
    ['insert into t (a) values (1); drop table t', 'One statement'],
    ['select 1', 'changes nothing'],
    ['', 'no statements'],
    ['not SQL', 'syntax error'],
    ['begin', 'no transactions'],
    ['commit', 'no transactions'],
    ['pragma user_version = 2', 'no transactions'],
    ['vacuum', 'changes nothing'],
    ["vacuum into 'x.db'", 'changes nothing'],
    ["attach 'x.db' as x", 'other files'],
    ['create temp table u (a)', 'no transactions'],
    ['create virtual table u using fts5 (a)', 'Only changes'],
    ['update replication_position set number = 99', 'belongs to replication'],
    ['drop table replication_log', 'belongs to replication'],
    ['alter table replication_log rename to x', 'belongs to replication'],
    ['insert into t (a) select sql from replication_log', 'belongs to replication'],
    ['create trigger h after insert on replication_log begin delete from t; end', 'belongs to replication'],
    [`insert into t (a) values ('${'x'.repeat(5_000)}')`, 'Split it'],
  ])('%s', async (sql, reason) => {
    const { primary, replica } = await pair();
    await primary.execute('create table noisy (a)');
    await primary.execute(
      'create trigger n after insert on noisy begin insert into t (a) values (random()); end',
    );
    await insert(primary, 1);
    give(replica);
    const schema = 'select name, sql from sqlite_schema';
    const before = [primary.position, rows(primary), primary.read(schema)];
    await expect(primary.execute(sql)).rejects.toThrow(reason);
    expect(sent).toEqual([]);
    expect([primary.position, rows(primary), primary.read(schema)]).toEqual(before);
    // A primary that does not keep the rules finds that its replicas do.
    const message: Message = { kind: 'statement', log: primary.position.log, number: 5, sql, values: [] };
    if (reason === 'Split it') return;
    expect(replica.receive(encodeMessage(message), 0)).toMatchObject({
      did: 'refused',
      reason: expect.stringContaining(reason),
    });
    expect([replica.position, rows(replica), replica.read(schema)]).toEqual(before);
    expect(replica.report(0).state).toBe('catching up');
    await insert(primary, 1);
    give(replica);
    expect(rows(replica)).toEqual(rows(primary));
  });

  it('values that no message can carry, and a reading that would write', async () => {
    const { primary } = await pair();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n, undefined as never])
      await expect(primary.execute('insert into t (a) values (?)', value)).rejects.toThrow(ReplicationError);
    expect(() => primary.read('delete from t')).toThrow('not authorized');
    expect(() => primary.read("attach 'x.db' as x")).toThrow('not authorized');
    expect(sent).toEqual([]);
  });
});

describe('hostile messages', () => {
  it('are refused with a reason: whatever bytes', async () => {
    const { primary, replica } = await pair();
    const before = replica.position;
    await insert(primary, 1);
    await primary.sendSnapshot();
    const good = sent.splice(0);
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(255), (which, at, byte) => {
        const cut = Uint8Array.from(good[which % good.length] as Uint8Array).subarray(0, (at % 300) + 1);
        cut[at % cut.length] = byte;
        expect(decodeMessage(cut)).toHaveProperty('ok');
      }),
      { numRuns: 500 },
    );
    const log = 'a'.repeat(32);
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '\xff',
      '{"kind":"head","log":"x","number":1}',
      `{"kind":"head","log":"${log}","number":-1}`,
      `{"kind":"head","log":"${log}","number":1}\nmore`,
      `{"kind":"statement","log":"${log}","number":0,"sql":"","values":[]}`,
      `{"kind":"statement","log":"${log}","number":1,"sql":1,"values":[]}`,
      `{"kind":"statement","log":"${log}","number":1,"sql":"","values":[{"integer":"${2n ** 63n}"}]}`,
      `{"kind":"statement","log":"${log}","number":1,"sql":"","values":[[]]}`,
      `{"kind":"statement","log":"${log}","number":1,"sql":"","values":[${'1,'.repeat(1_000)}1]}`,
      `{"kind":"snapshot","log":"${log}","number":1,"part":1,"parts":1,"sha256":"${log}${log}"}\n`,
      `{"kind":"snapshot","log":"${log}","number":1,"part":0,"parts":1e9,"sha256":"${log}${log}"}\n`,
      `{"kind":"snapshot","log":"${log}","number":1,"part":0,"parts":1,"sha256":"no"}\n`,
      `{"kind":"other","log":"${log}","number":1}`,
    ]) {
      const receipt = replica.receive(Buffer.from(text, 'latin1'), 0);
      expect([text, receipt]).toEqual([text, { did: 'refused', reason: expect.stringMatching(/./) }]);
    }
    expect([replica.position, state(replica)]).toEqual([before, 'following']);
  });

  it('snapshots that are damaged, of another place, too long or no database leave the file as it is', async () => {
    const { primary, replica } = await pair();
    await insert(primary, 2);
    sent = [];
    await primary.sendSnapshot();
    const parts = sent.splice(0).map((each) => {
      const decoded = decodeMessage(each);
      if (!decoded.ok || decoded.message.kind !== 'snapshot') throw new Error('no snapshot');
      return decoded.message;
    });
    const before = [replica.position, rows(replica)];
    const refused = (messages: readonly SnapshotMessage[], reason: string): void => {
      const receipts = messages.map((message) => replica.receive(encodeMessage(message), 0));
      expect(receipts.find(({ did }) => did === 'refused')).toMatchObject({
        reason: expect.stringContaining(reason),
      });
      expect([replica.position, rows(replica), state(replica)]).toEqual([...before, 'catching up']);
    };
    const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
    const one = async (bytes: Uint8Array, number = 3): Promise<SnapshotMessage> => {
      const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex');
      return { kind: 'snapshot', log: primary.position.log, number, part: 0, parts: 1, sha256, bytes };
    };
    const [first, ...others] = parts as [SnapshotMessage, ...SnapshotMessage[]];
    refused([{ ...first, bytes: Buffer.from(first.bytes).fill(7, 200) }, ...others], 'hash');
    refused([first, ...others.map((part) => ({ ...part, number: 4 }))], 'do not fit');
    refused([await one(whole, 4)], 'not of the place');
    refused([await one(Buffer.alloc(8_192, 1))], 'no database');
    refused([await one(new Uint8Array())], 'not of the place');
    refused([await one(Buffer.from(whole).fill(7, 4_096))], 'damaged');
    const long = new Uint8Array(databaseLimits.bytesMax / 2 + 1);
    const two = { ...(await one(new Uint8Array())), parts: 3, bytes: long };
    refused([two, { ...two, part: 1 }], 'longer');
    for (const part of parts) replica.receive(encodeMessage(part), 0);
    // One of those said that there is a statement 4; the primary says that there is not.
    await primary.sendLog();
    give(replica);
    expect([rows(replica), state(replica)]).toEqual([rows(primary), 'following']);
  });
});
