import {
  faulted,
  TransferError,
  type Handlers,
  type Transfer,
  type TransferHandler,
} from "@heliograph/agent";

/**
 * What some devices do wrong with the files that they are asked to move. `denied`: refuses to. `corrupt`: what it got, or sent,
 * is broken, and it says so. `power-loss`: loses power in the middle, and knows nothing of it afterwards. `late`: tells of it
 * long after. `reboots`: restarts before it tells. `keyless`: so it does, and has forgotten the CommandKey. `twice`: tells, restarts,
 * and tells again.
 */
export const transferTroubles = [
  "denied",
  "corrupt",
  "power-loss",
  "late",
  "reboots",
  "keyless",
  "twice",
] as const;
export type TransferTrouble = (typeof transferTroubles)[number];

/** The share of devices, in [0, 1], that have each; a device has one at most. */
export type TransferTroubleShares = Readonly<Partial<Record<TransferTrouble, number>>>;

export function isTransferTrouble(name: string): name is TransferTrouble {
  return transferTroubles.some((trouble) => trouble === name);
}

export interface TroubledTransfer {
  readonly trouble: TransferTrouble | undefined;
  readonly losePower: () => void;
  /** Resolves when it is late. */
  readonly takeTime: () => Promise<void>;
  /** A file was moved whole, and applied. */
  readonly moved: (transfer: Transfer) => void;
}

/** Moves files as a device with that trouble does. */
export function troubledMoving(move: TransferHandler, troubled: TroubledTransfer): TransferHandler {
  const { trouble, losePower, takeTime, moved } = troubled;
  const moveWhole = async (transfer: Transfer): Promise<void> => {
    await move(transfer);
    moved(transfer);
  };
  switch (trouble) {
    case "corrupt":
      return async (transfer) => {
        await fetchPart(transfer, Infinity);
        throw new TransferError(transfer.kind === "Download" ? 9018 : 9011);
      };
    case "power-loss":
      return async (transfer) => {
        await fetchPart(transfer, 1);
        losePower();
        // Whoever it was that moved the file is no more.
        return new Promise<never>(() => undefined);
      };
    case "late":
      return async (transfer) => {
        await moveWhole(transfer);
        await takeTime();
      };
    case "denied":
    case "reboots":
    case "keyless":
    case "twice":
    case undefined:
      return moveWhole;
  }
}

/** How a device refuses what it does not move. */
export function denyingHandlers(trouble: TransferTrouble | undefined): Handlers {
  if (trouble !== "denied") return {};
  const deny = () => faulted(9001, "this device moves no files, on purpose");
  return { Download: deny, Upload: deny, ScheduleDownload: deny };
}

/** Takes so many pieces of the file, or sends one and breaks off, and does nothing with them. */
async function fetchPart({ kind, URL: url }: Transfer, pieces: number): Promise<void> {
  try {
    const response = await fetch(url, kind === "Download" ? {} : brokenOff());
    const reader = response.body?.getReader();
    for (let taken = 0; taken < pieces; taken += 1) {
      if ((await reader?.read())?.done !== false) break;
    }
    await reader?.cancel();
  } catch {
    // That it breaks off is what is wanted.
  }
}

function brokenOff(): RequestInit & { readonly duplex: "half" } {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(Buffer.from("half of a configuration"));
      controller.error(new Error("it breaks off on purpose"));
    },
  });
  return { method: "PUT", body, duplex: "half" };
}
