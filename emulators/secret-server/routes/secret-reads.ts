import { json } from '../replies';
import type { Call, Route } from '../routing';
import { currentCheckOut, openSecret, secretState } from '../secret-access';
import { secretModel, secretSummary, versionAtLeast } from '../secret-models';
import { pendingChange } from '../password-changes';
import { folderPath } from '../folder-tree';
import { pageOf } from '../paging';
import { accessOptions, namedSecret } from './named-secret';
import type { Audit } from '../state';
import type { World } from '../world';

function readSecret(call: Call): Response {
  const options = accessOptions(call);
  const secret = namedSecret(call, 'view', options);
  openSecret(call.world, secret, call.account, options);
  call.world.auditRead(secret, call.account, options.comment ?? '');
  return json(secretModel(call.world, secret));
}

function readSummary(call: Call): Response {
  const { world, account } = call;
  return json(secretSummary(world, account)(namedSecret(call, 'view', { includeInactive: true })));
}

function readState(call: Call): Response {
  const { world, account } = call;
  const secret = namedSecret(call, 'view', { includeInactive: true });
  const out = currentCheckOut(world, secret);
  const minutes = secret.checkOutEnabled ? secret.checkOutIntervalMinutes : null;
  return json({
    id: secret.id,
    secretName: secret.name,
    folderId: secret.folderId,
    folderName: world.folders.get(secret.folderId)?.name ?? null,
    secretState: secretState(world, secret, account),
    isActive: secret.active,
    isCheckedOut: out !== undefined,
    isCheckedOutByCurrentUser: out?.accountId === account.id,
    checkedOutUserId: out?.accountId ?? null,
    checkedOutUserDisplayName: world.accounts.find((user) => user.id === out?.accountId)?.displayName ?? null,
    checkOutIntervalMinutes: minutes,
    checkOutMinutesRemaining: out ? Math.ceil((out.untilMs - world.nowMs()) / 60_000) : null,
    passwordChangePending: pendingChange(world, secret.id) !== undefined,
    availableActions: secret.active ? ['View', 'Edit', 'ViewAudit', 'Delete'] : ['Undelete'],
  });
}

function readStateFlags(call: Call): Response {
  const secret = namedSecret(call, 'view', { includeInactive: true });
  return json({
    isCheckedOut: currentCheckOut(call.world, secret) !== undefined,
    passwordChangePending: pendingChange(call.world, secret.id) !== undefined,
  });
}

function readAudits(call: Call): Response {
  const { world, query } = call;
  const secret = namedSecret(call, 'view', { includeInactive: true });
  const actions = query.texts('auditActions').map((action) => action.toUpperCase());
  const rows = (world.auditsBySecret.get(secret.id) ?? []).filter(
    (row) => actions.length === 0 || actions.includes(row.action),
  );
  return json(pageOf(rows, query, (row) => auditModel(world, row)));
}

function auditModel(world: World, row: Audit): object {
  const user = world.accounts.find((account) => account.id === row.accountId);
  return {
    id: row.id,
    action: row.action,
    actionForDisplay: row.action,
    byUserDisplayName: user?.displayName ?? '',
    username: user?.userName ?? '',
    dateRecorded: row.dateRecorded,
    notes: row.notes,
    status: '',
    ticketNumber: '',
    databaseName: '',
    hasProxySessionData: false,
    recordingMessage: '',
    recordingSessionId: null,
    recordingStatus: null,
    ...(versionAtLeast(world, 11, 7) ? { application: 'REST API' } : {}),
  };
}

function readGeneral(call: Call): Response {
  return json(generalModel(call, namedSecret(call, 'view')));
}

/** SecretDetailGeneralModel: each member in an object with its value; no password values. */
export function generalModel({ world }: Call, secret: ReturnType<typeof namedSecret>): object {
  const fields = world.templates.get(secret.templateId)?.fields ?? [];
  const shown = (name: string, value: unknown) => ({ name, value, isReadOnly: false, hidden: false });
  return {
    id: secret.id,
    active: shown('active', secret.active),
    name: shown('name', secret.name),
    folder: shown('folder', secret.folderId),
    folderPath: folderPath(world, secret.folderId),
    template: shown('template', secret.templateId),
    isOutOfSync: shown('isOutOfSync', secret.outOfSyncReason !== ''),
    fields: fields.map((field) => ({
      ...shown(field.slug, field.isPassword || field.isFile ? null : valueOf(secret, field.id)),
      isPassword: field.isPassword,
      isFile: field.isFile,
    })),
  };
}

function valueOf(secret: ReturnType<typeof namedSecret>, fieldId: number): string {
  return secret.items.find((item) => item.fieldId === fieldId)?.value ?? '';
}

/** Routes that read one secret. */
export const secretReadRoutes: readonly Route[] = [
  ...(['v1', 'v2'] as const).map((version): Route => ({
    method: 'GET',
    path: `/api/${version}/secrets/{id}`,
    operation: 'read',
    handle: readSecret,
  })),
  {
    method: 'POST',
    path: '/api/v1/secrets/{id}/restricted',
    operation: 'read',
    readsOnly: true,
    handle: readSecret,
  },
  { method: 'GET', path: '/api/v1/secrets/{id}/summary', operation: 'summary', handle: readSummary },
  { method: 'GET', path: '/api/v1/secrets/{id}/state', operation: 'state', handle: readState },
  { method: 'GET', path: '/api/v1/secrets/{id}/state/flags', operation: 'state', handle: readStateFlags },
  { method: 'GET', path: '/api/v1/secrets/{id}/audits', operation: 'audits', handle: readAudits },
  {
    method: 'GET',
    path: '/api/v1/secrets/secret-detail/{id}/general',
    operation: 'read',
    handle: readGeneral,
  },
];
