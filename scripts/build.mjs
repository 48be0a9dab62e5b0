// Compiles TypeScript to dist/ and bundles the workflow code once, so that a worker starts without webpack.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bundleFile = path.join(root, 'dist', 'workflow-bundle.js');
const require = createRequire(import.meta.url);

function newestSource(directories) {
  let newest = 0;
  for (const directory of directories) {
    for (const name of readdirSync(path.join(root, directory), { recursive: true })) {
      const stat = statSync(path.join(root, directory, name));
      if (stat.isFile()) newest = Math.max(newest, stat.mtimeMs);
    }
  }
  return newest;
}

execFileSync(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});

const workflowsChanged = () =>
  Math.max(newestSource(['workflows', 'domain']), statSync(path.join(root, 'package-lock.json')).mtimeMs);
if (!existsSync(bundleFile) || statSync(bundleFile).mtimeMs < workflowsChanged()) {
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const silent = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'dist', 'workflows', 'index.js'),
    logger: silent,
  });
  mkdirSync(path.dirname(bundleFile), { recursive: true });
  writeFileSync(bundleFile, code);
}
