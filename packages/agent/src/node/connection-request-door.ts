import type { Device } from "../device.ts";

/** Where a device takes connection requests by HTTP. */
export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Has the door open while the device takes connection requests, and its ConnectionRequestURL say where it is; closed, that
 * is empty [TR-181 HTTPConnectionRequestEnable]. Rejects where it cannot be opened at first; later, it stays closed.
 */
export async function keepDoor(device: Device, open: () => Promise<Door>): Promise<Pick<Door, "close">> {
  let door: Door | undefined;
  let isKept = true;
  const settle = async (): Promise<void> => {
    if (!isKept || device.isCallable === (door !== undefined)) return;
    const closing = door;
    door = device.isCallable ? await open() : undefined;
    device.connectionRequestUrl = door?.url ?? "";
    await closing?.close();
  };
  await settle();
  let settled = Promise.resolve();
  device.onCallable(() => {
    settled = settled.then(settle).catch(() => undefined);
  });
  return {
    async close() {
      isKept = false;
      await settled;
      await door?.close();
    },
  };
}
