import type { DeviceConnection, EngineId } from "../ports/index.ts";

interface Owned {
  readonly key: string;
  readonly connection?: DeviceConnection;
}

/**
 * Whose a device is: of the engine that owns its connection as long as that one lives, else of its home. Every engine comes
 * to the same without asking; where two see other engines live, the store decides.
 */
export function ownerOf({ key, connection }: Owned, living: readonly EngineId[]): EngineId | undefined {
  const isOwned = connection !== undefined && connection.closed !== true;
  return isOwned && living.includes(connection.engine) ? connection.engine : homeOf(key, living);
}

/**
 * Where something is at home: each engine draws a number for it, and the highest has it. Only what an engine had moves when
 * that one goes, and only what it gets when one comes.
 */
export function homeOf(what: string, engines: readonly EngineId[]): EngineId | undefined {
  let home: EngineId | undefined;
  let highest = -1;
  for (const engine of engines) {
    const drawn = draw(`${engine} ${what}`);
    if (drawn > highest || (drawn === highest && home !== undefined && engine > home)) {
      home = engine;
      highest = drawn;
    }
  }
  return home;
}

/** 32 bits in which each character counts: FNV-1a, its bits mixed once more, since names that are alike end alike. */
function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
