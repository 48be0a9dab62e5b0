import { startEmulators, type ReadyLine } from './emulators';
import { type EmulatorOptions, readOptions, USAGE } from './options';

async function main(args: string[]): Promise<void> {
  const options = parseOrExit(args);
  const emulators = await startEmulators(options);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    emulators.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (options.exitWithParent) {
    // The parent holds the other end of the pipe: it closes when the parent ends, however it ends.
    process.stdin.once('end', stop).once('close', stop).resume();
  }
  process.stdout.write(options.json ? `${JSON.stringify(emulators.ready)}\n` : describe(emulators.ready));
}

function parseOrExit(args: string[]): EmulatorOptions {
  try {
    return readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

function describe(ready: ReadyLine): string {
  return `The stand-ins are ready.

  Secret Server ${ready.secretServer.url} (HTTP: ${ready.secretServer.httpUrl}, user ${ready.secretServer.username})
  Key Vault     ${ready.keyVault.url}
  Entra         ${ready.entra.authority} (tenant ${ready.entra.tenantId}, client ${ready.entra.clientId})
  Certificate   ${ready.entra.certificatePath}
  Control       ${ready.control.url}
  Trust         ${ready.caFile}
`;
}

function fail(error: unknown): never {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(1);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `The stand-ins could not start: ${String(error)}`;
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${String(error.port)} is in use. Stop what uses it, or name other ports (see --port).`;
  }
  return `The stand-ins could not start: ${error.message}`;
}

main(process.argv.slice(2)).catch(fail);
