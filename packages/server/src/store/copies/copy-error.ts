/** A store cannot be copied, or a copy not be used; the message says which, and what helps. */
export class CopyError extends Error {
  override readonly name = "CopyError";
  readonly code = "E_STORE_COPY";
}
