import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from '@temporalio/worker';

/** Histories by the version that wrote them; a run that began under one version must go on under the next. */
const histories = path.join(__dirname, 'histories');
const recorded = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.json'),
);
const codePath = path.join(__dirname, '..', 'dist', 'workflow-bundle.js');

describe('the workflow code of today replays what earlier versions recorded', () => {
  it.each(recorded)('%s', async (name) => {
    const history: unknown = JSON.parse(readFileSync(path.join(histories, name), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history);
  });

  it('has recorded histories of every workflow type', () => {
    const types = recorded.map((name) => path.basename(name, '.json').split('-')[0]);
    expect([...new Set(types)].sort()).toEqual([
      'activateConnector',
      'syncCycle',
      'syncSecrets',
      'testConnection',
    ]);
  });

  it('would notice a changed order of steps', async () => {
    const text = readFileSync(path.join(histories, '0.1.0', 'syncSecrets.json'), 'utf8');
    const changed: unknown = JSON.parse(text.replaceAll('planSecrets', 'guardCycle'));
    await expect(Worker.runReplayHistory({ workflowBundle: { codePath } }, changed)).rejects.toThrow();
  });
});
