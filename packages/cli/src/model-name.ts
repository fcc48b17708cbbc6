import type { Model } from "@heliograph/api";
import { UsageError } from "./command-error.ts";

/** The model that `--model OUI-ProductClass` and `--software version` name; undefined where neither is there. */
export function readModel(name: string | undefined, softwareVersion: string | undefined): Model | undefined {
  if (name === undefined) {
    if (softwareVersion === undefined) return undefined;
    throw new UsageError("--software goes with --model: which model runs it?");
  }
  const [, oui = "", productClass = ""] = /^([^-]*)(?:-(.*))?$/s.exec(name) ?? [];
  if (oui.trim() === "") throw new UsageError(`--model begins with an OUI; it is "${name}"`);
  return { oui, productClass, ...(softwareVersion === undefined ? {} : { softwareVersion }) };
}

/** As `--model` takes it. */
export function modelName({ oui, productClass }: Model): string {
  return productClass === "" ? oui : `${oui}-${productClass}`;
}

/** The model in words. */
export function modelWords(model: Model): string {
  const { softwareVersion } = model;
  const name = modelName(model);
  return softwareVersion === undefined ? name : `${name} with software ${softwareVersion}`;
}
