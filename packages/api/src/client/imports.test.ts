import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

/** Every file that is loaded with this one, and every package. */
async function loadedWith(file: URL, loaded = new Set<string>()): Promise<ReadonlySet<string>> {
  if (loaded.has(file.href)) return loaded;
  loaded.add(file.href);
  const source = await readFile(file, "utf8");
  for (const [, from = ""] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gms)) {
    if (from.startsWith(".")) await loadedWith(new URL(from, file), loaded);
    else loaded.add(from);
  }
  return loaded;
}

test("a browser that loads the client loads no library with it", async () => {
  const loaded = await loadedWith(new URL("./index.ts", import.meta.url));
  assert.ok([...loaded].some((name) => name.endsWith("/problems.ts")));
  assert.deepEqual(
    [...loaded].filter((name) => !name.startsWith("file:")),
    [],
  );
});
