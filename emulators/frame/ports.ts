import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const portsSchema = z.strictObject({
  keyVault: port,
  entra: port,
  secretServer: port,
  secretServerHttp: port,
  control: port,
});

/** The listening ports; 0 lets the system pick one. */
export type Ports = Readonly<z.infer<typeof portsSchema>>;

const NONE: Ports = { keyVault: 0, entra: 0, secretServer: 0, secretServerHttp: 0, control: 0 };

/** Ports by option, else those of the last start in this folder, else any. */
export function choosePorts(dataDirectory: string, wanted: Partial<Ports>): Ports {
  const file = portsFile(dataDirectory);
  const known = existsSync(file) ? portsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  return { ...NONE, ...known, ...wanted };
}

/** Remembers the ports, because stored state (vault URLs above all) refers to them. */
export function rememberPorts(dataDirectory: string, ports: Ports): void {
  writeFileSync(portsFile(dataDirectory), `${JSON.stringify(ports, undefined, 2)}\n`);
}

function portsFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'ports.json');
}
