import assert from "node:assert/strict";
import { test } from "node:test";
import { showParameterDetails, showParameters } from "./show-parameters.ts";

const learned = {
  "Device.": { "": { writable: false } },
  "Device.WiFi.Radio.1.": {
    "": { writable: true },
    Channel: { value: 36, at: 0, writable: true, attributes: { Notification: 2, AccessList: [] } },
    Standard: { value: null, at: 0 },
  },
};

test("values are shown alone; what has none is left out, and objects without any", () => {
  assert.deepEqual(showParameters(learned), {
    ParameterList: { "Device.WiFi.Radio.1.": { Channel: 36, Standard: null } },
  });
});

test("details are shown in full, an object's own under the empty name", () => {
  assert.deepEqual(showParameterDetails(learned), {
    ParameterList: {
      "Device.": { "": { writable: false } },
      "Device.WiFi.Radio.1.": {
        "": { writable: true },
        Channel: {
          value: 36,
          at: "1970-01-01T00:00:00.000Z",
          writable: true,
          attributes: { Notification: 2, AccessList: [] },
        },
        Standard: { value: null, at: "1970-01-01T00:00:00.000Z" },
      },
    },
  });
});

test("names such as __proto__ are data", () => {
  const strange = Object.fromEntries([["__proto__", Object.fromEntries([["constructor", { value: 1 }]])]]);
  const { ParameterList } = showParameters(strange);
  assert.deepEqual(Object.entries(ParameterList), [["__proto__", { constructor: 1 }]]);
});
