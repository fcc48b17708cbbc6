import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseVersion, cwmpNamespaceOf, cwmpVersions } from "./versions.ts";

const choices: readonly (readonly [listed: readonly string[], chosen: string])[] = [
  [["1.0", "1.1", "1.2", "1.3", "1.4"], "1.4"],
  [["1.3", "1.0", "1.2"], "1.3"],
  [["1.0"], "1.0"],
  [["1.2", "1.5", "2.0"], "1.2"],
  [["newest", "1.1"], "1.1"],
];
for (const [listed, version] of choices) {
  test(`of ${listed.join(" ")} the newest that both speak is ${version}, whatever the order [CWMP-VERSION-5]`, () => {
    assert.deepEqual(chooseVersion(listed), { type: "agreed", version });
  });
}

test("all versions from 1.2 on have one namespace [CWMP-VERSION-1]", () => {
  const [newest, ...older] = ["1-2", "1-2", "1-2", "1-1", "1-0"].map(
    (name) => `urn:dslforum-org:cwmp-${name}`,
  );
  assert.deepEqual(cwmpVersions.map(cwmpNamespaceOf), [newest, ...older]);
});

test("a list of nothing but versions that do not exist here leaves none to choose [CWMP-VERSION-6]", () => {
  for (const listed of [["1.5"], ["2.0", "0.9"]]) {
    assert.deepEqual(chooseVersion(listed), { type: "incompatible" });
  }
});

test("no list, an empty one and one of no versions say nothing [CWMP-VERSION-7]", () => {
  for (const listed of [undefined, [], ["cwmp-1-2", "newest"]]) {
    assert.deepEqual(chooseVersion(listed), { type: "unsaid" });
  }
});
