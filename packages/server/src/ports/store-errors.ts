export class StoreClosedError extends Error {
  override readonly name = "StoreClosedError";
  readonly code = "E_STORE_CLOSED";
}
export class StoreFullError extends Error {
  override readonly name = "StoreFullError";
  readonly code = "E_STORE_FULL";
}
export class StoreBusyError extends Error {
  override readonly name = "StoreBusyError";
  readonly code = "E_STORE_BUSY";
}
export class StoreFailedError extends Error {
  override readonly name = "StoreFailedError";
  readonly code = "E_STORE_FAILED";
}
