import type { Client } from '@temporalio/client';
import type { RuntimeSettings } from '../../config/runtime-settings';
import { activityTaskQueue, workflowTaskQueue } from '../../domain/connectors';
import { ensureInstallation } from '../../ledger/installation';
import { readLedgerClock } from '../../ledger/clock';
import type { LedgerDatabase } from '../../ledger/database';
import { readInstallationKeys } from '../../workers/installation';
import { asTemporalError } from '../../workers/temporal-error';
import { missingSearchAttributes } from '../temporal/search-attributes';
import { examine, failed, ok, warning, type Finding } from './finding';

/** Leases live by the ledger's clock and tokens by Entra's: half a minute apart, errors become odd. */
const skewWarningMs = 30_000;
const oldestNodeMajor = 24;

/** temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW and _ACTIVITY */
const queueTypes = { workflows: 1, activities: 2 } as const;

export function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const found = `This is Node.js ${process.versions.node}.`;
  return major >= oldestNodeMajor
    ? ok('Node.js', found)
    : warning('Node.js', `${found} ssakv is tested with 24.`);
}

export function checkKey(settings: RuntimeSettings): Promise<Finding> {
  return examine('installation key', async () => {
    const keys = await readInstallationKeys(settings);
    return ok('installation key', `It can be read; its fingerprint key id is ${keys.fingerprint.keyId}.`);
  });
}

/** Schema, installation and clock of the ledger. */
export async function checkLedger(
  settings: RuntimeSettings,
  open: () => Promise<LedgerDatabase>,
): Promise<Finding[]> {
  const schema = await examine('ledger', async () => {
    const keys = await readInstallationKeys(settings);
    await ensureInstallation(await open(), keys.installationId, keys.fingerprint.keyId);
    return ok(
      'ledger',
      `${settings.ledger.url} answers, its schema is current and it is this installation's.`,
    );
  });
  if (schema.status === 'failed') return [schema];
  return [schema, await examine('clock', async () => compareClocks(await open()))];
}

async function compareClocks(db: LedgerDatabase): Promise<Finding> {
  const before = Date.now();
  const ledgerMs = (await readLedgerClock(db)).getTime();
  const skewMs = Math.round(ledgerMs - (before + Date.now()) / 2);
  const found = `This machine and the ledger differ by ${Math.abs(skewMs)} ms.`;
  return Math.abs(skewMs) < skewWarningMs
    ? ok('clock', found)
    : failed('clock', `${found} Synchronise both by NTP.`);
}

/** Connection, namespace, search attributes, and somebody who polls. */
export async function checkTemporal(
  settings: RuntimeSettings,
  pools: readonly number[],
  open: () => Promise<Client>,
): Promise<Finding[]> {
  const { address, namespace } = settings.temporal;
  const reached = await examine('Temporal', async () => {
    const client = await open();
    await client.workflowService.describeNamespace({ namespace }).catch(asTemporalError);
    return ok('Temporal', `${address} answers and has the namespace ${namespace}.`);
  });
  if (reached.status === 'failed') return [reached];
  const client = await open();
  return [
    reached,
    await examine('search attributes', () => checkSearchAttributes(client, namespace)),
    await checkPollers(client, workflowTaskQueue, 'workflows'),
    await checkPollers(client, workflowTaskQueue, 'activities'),
    ...(await Promise.all(
      pools.map((enginePoolId) => checkPollers(client, activityTaskQueue({ enginePoolId }), 'activities')),
    )),
  ];
}

async function checkSearchAttributes(client: Client, namespace: string): Promise<Finding> {
  const missing = await missingSearchAttributes(client, namespace);
  if (missing.length === 0) return ok('search attributes', 'All are registered.');
  return failed('search attributes', `Missing: ${missing.join(', ')}. Run \`ssakv setup\`.`);
}

function checkPollers(client: Client, queue: string, kind: 'workflows' | 'activities'): Promise<Finding> {
  const check = `workers for ${kind} on ${queue}`;
  return examine(check, async () => {
    const { pollers } = await client.workflowService
      .describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: queue },
        taskQueueType: queueTypes[kind],
      })
      .catch(asTemporalError);
    const count = pollers?.length ?? 0;
    if (count > 0) return ok(check, `${count} polled within the last five minutes.`);
    return failed(
      check,
      'Nobody polls. Start `ssakv worker` there, with the pool in `pool_ids` of its ssakv.yaml.',
    );
  });
}
