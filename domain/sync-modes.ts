/** In which directions a connector or a map lets values go. */
export type SyncMode = 'Bidirectional' | 'PushOnly' | 'PullOnly';
