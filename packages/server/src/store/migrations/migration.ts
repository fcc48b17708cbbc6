/** One step of the schema, never changed once released: what comes later is another step. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
