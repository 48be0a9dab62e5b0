import { setCurrentDetails } from '@temporalio/workflow';
import type { ConnectionTestResult, ConnectorInput } from '../domain/connection-tests';
import { describeChecks } from '../domain/connection-tests';
import { bookkeeping } from './activity-options';
import { runChecks } from './connection-checks';

/**
 * The three-part test of a connector: tokens of both sides, a read probe, and a tag write on the kept secret
 * `<prefix>-connection-probe`. A check that fails is data with a remedy, not a failed workflow.
 *
 * Errors: `InvalidInput`, `NotAllowed`, `ConnectorUnknown`, `EnginePoolNotPolled`.
 */
export async function testConnection(input?: ConnectorInput): Promise<ConnectionTestResult> {
  const { connector, taskQueue } = await bookkeeping.beginConnectionTest({ input });
  const checks = await runChecks(connector, taskQueue);
  setCurrentDetails(describeChecks(connector, checks));
  return { connector, passed: checks.every((check) => check.passed), checks };
}
