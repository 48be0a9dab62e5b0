// Adds the optional packages of other platforms to package-lock.json. A registry mirror that lacks some of them makes npm
// leave them out when it writes the lockfile, and `npm ci` then calls the lockfile incomplete. Run after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const file = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));

/** What npm would have written: from the package's name, which holds system, processor and C library. */
function platformEntry(name, version, parent) {
  const words = name.split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (os.length !== 1 || cpu.length !== 1) return undefined;
  return { version, cpu, ...(parent.dev && { dev: true }), optional: true, os };
}

const added = {};
for (const [place, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const known = lock.packages[`node_modules/${name}`] ?? lock.packages[`${place}/node_modules/${name}`];
    const entry = known ? undefined : platformEntry(name, version, parent);
    if (entry) added[`node_modules/${name}`] = entry;
  }
}

const [root, ...others] = Object.entries({ ...lock.packages, ...added });
others.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...others]);
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${Object.keys(added).length} optional packages of other platforms added.`);
