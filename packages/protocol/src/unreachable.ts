/** Ends every switch over a union: a new member fails the build here, and a value from nowhere fails the run. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
