import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, growsLinearly } from "@heliograph/testkit";
import { SECRET, shown, shownHead } from "./redact.fixture.ts";

const seeds = [
  '<ParameterValueStruct><Name>Device.WiFi.SSID.1.SSID</Name><Value xsi:type="xsd:string">home</Value></ParameterValueStruct>',
  "<soap:Body><cwmp:Download><URL>https://u:p@files.example/a?b=c</URL><Username>u</Username><Password>p</Password></cwmp:Download>",
  "<Value><![CDATA[a]]></Value><!-- b --><Token>t</Token>",
  '{"jsonrpc":"2.0","id":"1","result":{"ParameterList":{"Device.Users.User.1.":{"Password":"p","Enable":true}}}}',
  '{"Values":[1,["2","long"]],"Name":"Device.Password","Value":"v"}',
];
const tokens = [
  ...[
    "<Name>",
    "</Name>",
    "<Value>",
    "</Value>",
    "<Password",
    "</Password>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
  ],
  ...[
    '"Password"',
    '"Value":',
    '"Name":',
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "\\u0050",
    ":",
    ",",
    "&quot;",
    "&#80;",
  ],
  ...["password=", "token: ", "http://", "@", "?", "eyJhbGciOiJFZERTQSJ9", "Bearer ", "(redacted)"],
];

const repeated = [
  ...["<Name>", "<Value>", "<Password ", "<![CDATA[", "<!--", "<a", '"Password":', "{", "[", '"', "\\"],
  ...["password", "=", " ", "http://", "@", "ey", "&quot;"],
];

/** Whatever came before a secret, and whatever was broken there. */
function judge(input: string): void {
  for (const planted of [
    `<ParameterValueStruct><Name>Device.Users.User.1.Password</Name><Value>${SECRET}</Value></ParameterValueStruct>`,
    `<cwmp:Download><Password>${SECRET}</Password></cwmp:Download>`,
    `\n{"Password":"${SECRET}"}`,
    `\nPassword=${SECRET}`,
  ]) {
    for (const text of [input + planted, `${input}${planted}${input}`, planted + input]) {
      assert.ok(!shown(text).includes(SECRET), shown(text));
    }
  }
  assert.ok(!shownHead(`GET /${input} HTTP/1.1`, { Authorization: `${input} ${SECRET}` }).includes(SECRET));
  assert.ok(!shownHead("POST / HTTP/1.1", { Cookie: `${input}=${SECRET}` }).includes(SECRET));
}

test("no secret is shown, whatever stands around it", async (t) => {
  await fuzz(t, { seeds, tokens, judge });
});

test("its time is in proportion to the text, whatever is in it over and over", () => {
  growsLinearly({ tokens: repeated, read: shown });
});
