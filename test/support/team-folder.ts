import { startEmulators, type Emulators } from './emulators';
import { signIn, type Answer, type SecretServerCalls } from './secret-server-calls';

interface Item {
  readonly slug: string;
  readonly itemValue: string;
  readonly filename: string | null;
}
export interface Secret extends Record<string, unknown> {
  readonly id: number;
  readonly items: readonly Item[];
}
export interface Page {
  readonly records: readonly Record<string, unknown>[];
}

/** The stand-in of Secret Server with a folder of its own, and the calls that most of its tests make. */
export interface TeamFolder {
  readonly emulators: Emulators;
  readonly server: SecretServerCalls;
  readonly folderId: number;
  /** A change by the control endpoint. */
  edit<T = unknown>(change: WorldEdit): Promise<T>;
  /** Makes a web password in the folder by the REST API. */
  create(body?: object): Promise<Secret>;
  read(id: number, query?: string): Promise<Answer<Secret>>;
  /** What the audit of a secret says was done, the oldest first. */
  actions(id: number): Promise<unknown[]>;
}

type WorldEdit = Parameters<Emulators['control']['editSecretServer']>[0];

export const webPassword = 6053;
export const webItems = (password: string, username = 'ann') => [
  { slug: 'username', itemValue: username },
  { slug: 'password', itemValue: password },
];
export const valueOf = (secret: Secret, slug: string) =>
  secret.items.find((item) => item.slug === slug)?.itemValue;
export const errorCode = (answer: { json: Record<string, unknown> }) => answer.json['errorCode'];

export async function startTeamFolder(): Promise<TeamFolder> {
  const emulators = await startEmulators();
  const server = await signIn(emulators);
  const edit = async <T = unknown>(change: WorldEdit) =>
    (await emulators.control.editSecretServer(change)) as T;
  const { folderId } = await edit<{ folderId: number }>({ edit: 'createFolder', path: '\\Team\\Web' });
  return {
    emulators,
    server,
    folderId,
    edit,
    create: async (body = {}) => {
      const defaults = {
        name: 'portal',
        secretTemplateId: webPassword,
        folderId,
        items: webItems('first'),
      };
      return (await server.call<Secret>('POST', '/api/v1/secrets/', { ...defaults, ...body })).json;
    },
    read: async (id, query = '') => server.call<Secret>('GET', `/api/v1/secrets/${id}${query}`),
    actions: async (id) => {
      const path = `/api/v1/secrets/${id}/audits?sortBy[0].name=dateRecorded&sortBy[0].direction=asc&take=100`;
      return (await server.call<Page>('GET', path)).json.records.map((row) => row['action']);
    },
  };
}
