import type {
  Bus,
  Clock,
  Log,
  QuirkBook,
  Random,
  Store,
  TokenMinter,
  TransferUrls,
  Vault,
} from "../ports/index.ts";

export interface EnginePorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly vault: Vault;
  readonly tokens: TokenMinter;
  readonly quirks: QuirkBook;
  readonly urls: TransferUrls;
}
