/** The workflow types that clients start. Their names are part of the public interface. */
export { activateConnector } from './activate-connector';
export { syncCycle } from './sync-cycle';
export { syncSecrets } from './sync-secrets';
export { testConnection } from './test-connection';
