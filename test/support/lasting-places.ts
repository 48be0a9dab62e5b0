import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { parse } from 'yaml';
import { allHistories, type RunHistory } from './histories';
import type { SyncWorld } from './sync-world';

/** Something that outlives a scenario, as bytes. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Files that hold a credential because a person put it there; paths inside the world's folder. */
const credentialFiles = /^config\/credentials\//;

/** Everything that lasts of a world: histories, ledger, metrics and files. The stand-ins' own state is not part of it. */
export async function lastingPlaces(world: SyncWorld): Promise<readonly Place[]> {
  return [
    ...(await workflowPlaces(world)),
    ...(await schedulePlaces(world)),
    ...(await ledgerPlaces(world)),
    ...(await metricsPlaces(world)),
    ...filesBelow(world.directory).filter(({ name }) => !credentialFiles.test(name)),
    ...(world.ledgerDirectory === undefined ? [] : filesBelow(world.ledgerDirectory)),
    place('log of the ledger server', world.ledgerLog()),
  ];
}

export function place(name: string, text: string): Place {
  return { name, bytes: Buffer.from(text) };
}

/** Events, memo, search attributes, current details and the answers to queries, with every payload decoded. */
async function workflowPlaces(world: SyncWorld): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const history of await allHistories(world.temporal)) {
    const { workflowId, runId } = history;
    const handle = world.temporal.workflow.getHandle(workflowId, runId);
    places.push(
      { name: `history of ${workflowId}`, bytes: decoded(history.events) },
      { name: `description of ${workflowId}`, bytes: decoded((await handle.describe()).raw) },
    );
    for (const query of queriesOf(history)) {
      places.push({ name: `${query} of ${workflowId}`, bytes: decoded(await handle.query(query)) });
    }
  }
  return places;
}

/** `__temporal_workflow_metadata` holds the current details. */
function queriesOf({ type, events }: RunHistory): readonly string[] {
  const wasTerminated = events.some((event) => event.workflowExecutionTerminatedEventAttributes);
  if (wasTerminated || !['syncCycle', 'syncSecrets', 'activateConnector'].includes(type)) return [];
  return ['__temporal_workflow_metadata', type === 'activateConnector' ? 'state' : 'progress'];
}

async function schedulePlaces(world: SyncWorld): Promise<readonly Place[]> {
  const places: Place[] = [];
  for await (const { scheduleId } of world.temporal.schedule.list()) {
    const { raw } = await world.temporal.schedule.getHandle(scheduleId).describe();
    places.push({ name: `schedule ${scheduleId}`, bytes: decoded(raw) });
  }
  return places;
}

/** Every column of every row of every table, as text. */
async function ledgerPlaces(world: SyncWorld): Promise<readonly Place[]> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
    world.ledger,
  );
  const places: Place[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ text: string | null }>`
      select value as text from ${sql.table(name)} t, jsonb_each_text(to_jsonb(t))`.execute(world.ledger);
    places.push(place(`ledger table ${name}`, rows.map(({ text }) => text ?? '').join('\n')));
  }
  return places;
}

interface Listeners {
  readonly listeners: Readonly<Record<'metrics' | 'worker_metrics', { readonly port: number }>>;
}

/** What both processes show to Prometheus. */
async function metricsPlaces(world: SyncWorld): Promise<readonly Place[]> {
  const { listeners } = parse(readFileSync(world.settingsFile, 'utf8')) as Listeners;
  const ports = { http: listeners.metrics.port, worker: listeners.worker_metrics.port };
  return Promise.all(
    Object.entries(ports).map(async ([name, port]) => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      return place(`metrics of ${name}`, await response.text());
    }),
  );
}

/** All files below a folder, named by their paths in it. */
export function filesBelow(folder: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { name: path.relative(folder, file), bytes: readFileSync(file) };
    });
}

/** An object's members as they are: a payload's bytes stay bytes, because JSON of bytes would hide what they say. */
function decoded(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value === null || typeof value !== 'object') return Buffer.from(String(value));
  const members = Object.entries(value).flatMap(([name, member]) => [
    Buffer.from(`${name}: `),
    decoded(member),
    Buffer.from('\n'),
  ]);
  return Buffer.concat(members);
}
