/** Milliseconds since 1970 as managers see them: ISO 8601, UTC. */
export function showTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function showOptionalTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : showTime(ms);
}
