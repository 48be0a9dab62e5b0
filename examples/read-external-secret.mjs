// Reads one external secret as any Azure workload does: with Microsoft's own library, knowing nothing of ssakv.
//   node examples/read-external-secret.mjs <name> [connector.json]
// Made for the demo: it prints the value. With a vault of your own, mind who sees your terminal.
import { readFileSync } from 'node:fs';
import { ClientCertificateCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { parse } from 'jsonc-parser';

const [name, file = '.ssakv/config/connector.json'] = process.argv.slice(2);
if (name === undefined) throw new Error('Name an external secret; `npx ssakv secret list` shows them.');

const { tenantId, clientId, keyVaultUrl, credential, cloud, caFile } = parse(readFileSync(file, 'utf8'));
const tls = caFile && { tlsOptions: { ca: readFileSync(caFile, 'utf8') } };
const identity = new ClientCertificateCredential(tenantId, clientId, credential.certificate.path, {
  ...tls,
  authorityHost: cloud?.authority,
  // Microsoft's own servers know nothing of a stand-in.
  disableInstanceDiscovery: cloud?.instanceDiscovery === false,
});
const vault = new SecretClient(keyVaultUrl, identity, {
  ...tls,
  disableChallengeResourceVerification: cloud?.challengeVerification === false,
});

const { value, properties } = await vault.getSecret(name);
console.log(value);
console.log(properties.version, properties.contentType, properties.tags);
