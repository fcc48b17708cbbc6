import type { ChangeType } from "../../ports/index.ts";
import type { WrittenChanges } from "../written-change.ts";

type OneDevice = { readonly [T in ChangeType]?: (change: WrittenChanges[T]) => string | undefined };

/**
 * Changes that read and write what belongs to one device, and nothing that a change to another device touches. Whatever is
 * not named here may look at anything: it waits for all before it, and all after it wait for it.
 */
const ofOneDevice: OneDevice = {
  // A device that is to wait is one of a number of which there may be only so many.
  "enrol-device": ({ key, approval }) => (approval === "waiting" ? undefined : key),
  "open-connection": ({ key }) => key,
  "open-light-connection": ({ key }) => key,
  "close-connection": ({ key }) => key,
  "take-over-device": ({ key }) => key,
  "claim-wake": ({ device }) => device,
  "record-inform": ({ key }) => key,
  "lapse-device": ({ device }) => device,
  "accept-operation": ({ operation }) => operation.device,
  "take-lease": ({ lease }) => lease.device,
  "end-lease": ({ device }) => device,
  "expire-lease": ({ device }) => device,
  "claim-call": ({ device }) => device,
  "record-outcome": ({ device }) => device,
  "record-strain": ({ device }) => device,
  "settle-transfer": ({ device }) => device,
  "record-report": ({ device }) => device,
  "record-wake": ({ device }) => device,
  "drop-claim": ({ device }) => device,
  "stage-credentials": ({ device }) => device,
  "confirm-credentials": ({ device }) => device,
  "refuse-credentials": ({ device }) => device,
};

/** The one device that the change is about; undefined where it may be about more. */
export function onlyDeviceOf<T extends ChangeType>(type: T, change: WrittenChanges[T]): string | undefined {
  return ofOneDevice[type]?.(change);
}

/** In stages, one after the other; within a stage, lanes that know nothing of each other, each in its order. */
export function lanes<C extends { readonly device: string | undefined }>(
  changes: readonly C[],
): readonly (readonly (readonly C[])[])[] {
  const stages: (readonly C[])[][] = [];
  let stage = new Map<string, C[]>();
  const end = (): void => {
    if (stage.size > 0) stages.push([...stage.values()]);
    stage = new Map();
  };
  for (const change of changes) {
    if (change.device === undefined) {
      end();
      stages.push([[change]]);
    } else {
      const lane = stage.get(change.device);
      if (lane === undefined) stage.set(change.device, [change]);
      else lane.push(change);
    }
  }
  end();
  return stages;
}
