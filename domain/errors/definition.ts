/** One entry of the error catalogue. Each text is one or two full sentences and holds no placeholder. */
export interface ErrorDefinition {
  /** Whether trying the same thing again later can succeed without anybody changing anything. */
  readonly retryable: boolean;
  readonly happened: string;
  readonly cause: string;
  readonly remedy: string;
}
