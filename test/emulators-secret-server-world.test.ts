import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulators, type Emulators } from './support/emulators';
import { signIn, type SecretServerCalls } from './support/secret-server-calls';

interface Field {
  readonly slug: string;
  readonly isNotes: boolean;
  readonly value: string | null;
  readonly file: { readonly name: string; readonly base64: string } | null;
}
interface ExportedSecret {
  readonly id: number;
  readonly name: string;
  readonly folderId: number;
  readonly folderPath: string;
  readonly templateName: string;
  readonly fields: readonly Field[];
}
interface ExportedWorld {
  readonly folders: readonly { readonly id: number; readonly path: string }[];
  readonly secrets: readonly ExportedSecret[];
}

let dataDirectory: string;
let emulators: Emulators;
let server: SecretServerCalls;

beforeAll(async () => {
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'ssakv-secret-server-'));
  emulators = await startEmulators({ demo: true, dataDirectory });
  server = await signIn(emulators);
});
afterAll(async () => {
  await emulators.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

async function edit<T = unknown>(
  change: Parameters<Emulators['control']['editSecretServer']>[0],
): Promise<T> {
  return (await emulators.control.editSecretServer(change)) as T;
}

const world = async () => (await emulators.control.secretServerWorld()) as unknown as ExportedWorld;

describe('the demo', () => {
  it('has 40 secrets over six templates, one of them outside the governed tree', async () => {
    const { secrets } = await world();
    expect(secrets).toHaveLength(40);
    expect(new Set(secrets.map((secret) => secret.templateName))).toEqual(
      new Set([
        'Active Directory Account',
        'Azure Application Registration',
        'Oracle Service Account',
        'SQL Server Account',
        'Unix Account (SSH)',
        'Web Password',
      ]),
    );
    const outside = secrets.filter((secret) => !secret.folderPath.startsWith('\\Production\\'));
    expect(outside.map((secret) => secret.folderPath)).toEqual(['\\Development\\Web']);
  });

  it('has one note that no Key Vault value could hold, and one private key', async () => {
    const fields = (await world()).secrets.flatMap((secret) => secret.fields);
    const long = fields.filter((field) => (field.value ?? '').length > 25_000);
    expect(long.map((field) => field.isNotes)).toEqual([true]);
    expect(fields.filter((field) => field.file !== null)).toHaveLength(1);
  });

  it('names the governed folder in the ready line', async () => {
    const { folderId } = emulators.ready.secretServer;
    const { json } = await server.call('GET', `/api/v1/folders/${folderId}`);
    expect(json).toMatchObject({ folderPath: '\\Production', parentFolderId: -1, childFolders: null });
  });

  it('survives a restart with its secrets, its password and its tokens', async () => {
    const before = await world();
    await emulators.stop();
    const { password } = emulators.ready.secretServer;
    emulators = await startEmulators({ demo: true, dataDirectory });
    expect(emulators.ready.secretServer.password).toBe(password);
    expect(await world()).toEqual(before);
    server = await signIn(emulators);
  });

  it('has values of its own in every installation', async () => {
    const other = await startEmulators({ demo: true });
    const passwords = (text: unknown) =>
      JSON.stringify(text).match(/"slug":"password"[^}]*"value":"[^"]+"/g) ?? [];
    const ours = new Set(passwords(await world()));
    const theirs = passwords(await other.control.secretServerWorld());
    await other.stop();
    expect(theirs.length).toBeGreaterThan(20);
    expect(theirs.filter((value) => ours.has(value))).toEqual([]);
  });
});

describe('edits behind the interface', () => {
  it('make thousands of secrets with marked values and times that rise', async () => {
    const folderId = emulators.ready.secretServer.folderId ?? 0;
    const { secretIds } = await edit<{ secretIds: number[] }>({
      edit: 'createSecrets',
      folderId,
      template: 'Oracle Service Account',
      count: 2000,
      namePrefix: 'load',
      valuePrefix: 'marked',
    });
    expect(secretIds).toHaveLength(2000);
    const { json } = await server.call('GET', `/api/v1/secrets/${secretIds[1999]}`);
    expect(json).toMatchObject({ name: 'load-2000', folderId });
    expect(JSON.stringify(json)).toContain('"itemValue":"marked-password-2000"');
    const times = (
      await server.call<{ records: { createDate: string }[] }>(
        'GET',
        `/api/v1/secrets?filter.folderId=${folderId}&take=3000&sortBy[0].name=id`,
      )
    ).json.records.map((record) => record.createDate);
    expect(times).toEqual([...new Set(times)].sort());
  });

  it('are refused with the name of the member that is wrong', async () => {
    const wrong = { edit: 'move', secretId: 1, folderId: 1 } as const;
    await expect(edit(wrong)).rejects.toThrow(/400.*there is no secret 1/s);
    const surplus = { edit: 'rename', secretId: 1001, name: 'x', extra: true };
    await expect(edit(surplus as never)).rejects.toThrow(/400.*extra/s);
  });

  it('are forgotten by a reset, while the account of the ready line stays', async () => {
    await edit({ edit: 'setReadOnly', enabled: true });
    await emulators.control.reset();
    server = await signIn(emulators);
    expect((await server.call('GET', '/api/v1/configuration/read-only-mode')).json).toEqual({
      enabled: false,
    });
    expect((await world()).secrets).toHaveLength(40);
  });
});

describe('the calls', () => {
  it('are counted by operation and named by secret', async () => {
    await emulators.control.resetStats();
    await server.call('GET', '/api/v2/secrets?filter.folderId=1');
    await server.call('GET', '/api/v1/secrets/1001');
    await server.call('GET', '/api/v1/secrets/0?secretPath=%5CProduction%5CWeb%5Cweb%20shop');
    await server.call('POST', '/api/v1/reports/execute', { name: 'none' });
    const { entries } = await emulators.control.log();
    expect(entries.slice(-4).map(({ operation, object, status }) => [operation, object, status])).toEqual([
      ['search', '', 200],
      ['read', '1001', 200],
      ['read', '\\Production\\Web\\web shop', 200],
      ['report', '', 400],
    ]);
  });
});
