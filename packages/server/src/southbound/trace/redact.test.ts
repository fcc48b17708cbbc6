import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRET, shown, shownHead } from "./redact.fixture.ts";
import { isSecretName } from "./secret-names.ts";

const SECRET_NAMES = [
  "Device.ManagementServer.Password",
  "Device.ManagementServer.ConnectionRequestPassword",
  "Device.ManagementServer.STUNPassword",
  "Device.ManagementServer.X_HELIOGRAPH_WebSocketToken",
  "Device.Users.User.1.Password",
  "Device.WiFi.AccessPoint.1.Security.KeyPassphrase",
  "Device.WiFi.AccessPoint.1.Security.SAEPassphrase",
  "Device.WiFi.AccessPoint.1.Security.PreSharedKey",
  "Device.WiFi.AccessPoint.1.Security.RadiusSecret",
  "Device.WiFi.AccessPoint.1.WPS.PIN",
  "Device.Cellular.Interface.1.USIM.PIN",
  "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.WEPKey.1.WEPKey",
  "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.PreSharedKey.1.KeyPassphrase",
  "Device.X_00D09E_Remote.AdminPwd",
  "Device.X_00D09E_Remote.APIKey",
];
const OTHER_NAMES = [
  "Device.ManagementServer.Username",
  "Device.ManagementServer.ParameterKey",
  "Device.IP.Diagnostics.IPPing.Host",
  "Device.DeviceInfo.PingInterval",
  "Device.WiFi.SSID.1.SSID",
];

for (const name of SECRET_NAMES) {
  const leaf = name.slice(name.lastIndexOf(".") + 1);
  const object = name.slice(0, name.lastIndexOf(".") + 1);

  test(`the value of ${name} is not shown, however it is written`, () => {
    const all = [
      `<ParameterValueStruct><Name>${name}</Name><Value xsi:type="xsd:string">${SECRET}</Value></ParameterValueStruct>`,
      `<ParameterValueStruct><Value>${SECRET}</Value><Name>${name}</Name></ParameterValueStruct>`,
      `<c:Name > ${name} </c:Name><c:Value><![CDATA[${SECRET}</Value>${SECRET}]]></c:Value>`,
      `<Name><![CDATA[${name}]]></Name><Value>${SECRET}</Value>`,
      `<Name>${name.replace(leaf, `<!-- -->&#x${leaf.charCodeAt(0).toString(16)};${leaf.slice(1)}`)}</Name><Value>${SECRET}`,
      JSON.stringify({ ParameterList: { [object]: { Enable: true, [leaf]: SECRET } } }),
      JSON.stringify({ ParameterList: { [object]: { [leaf]: [SECRET, "string"] } } }),
      JSON.stringify({ [name]: { deep: [{ Value: SECRET }] } }),
      JSON.stringify({ Parameters: [{ Value: SECRET, Name: name }] }, undefined, 2),
      `{"result":{"${object}":{"${leaf}":"${SECRET}`,
      `{"${object}":{"\\u${leaf.charCodeAt(0).toString(16).padStart(4, "0")}${leaf.slice(1)}" : "${SECRET}"}}`,
    ];
    for (const text of all) assert.ok(!shown(text).includes(SECRET), shown(text));
  });
}

for (const name of OTHER_NAMES) {
  test(`the value of ${name} is shown`, () => {
    assert.ok(!isSecretName(name));
    const xml = `<ParameterValueStruct><Name>${name}</Name><Value>plain</Value></ParameterValueStruct>`;
    assert.equal(shown(xml), xml);
    const leaf = name.slice(name.lastIndexOf(".") + 1);
    const json = JSON.stringify({ [name.slice(0, -leaf.length)]: { [leaf]: "plain" } });
    assert.equal(shown(json), json);
  });
}

test("a secret's neighbours are shown", () => {
  const struct = (name: string, value: string): string =>
    `<ParameterValueStruct><Name>${name}</Name><Value xsi:type="xsd:string">${value}</Value></ParameterValueStruct>`;
  const text = struct("Device.A", "1") + struct("Device.Password", SECRET) + struct("Device.B", "2");
  const other = struct("Device.A", "1") + struct("Device.Password", "(redacted)") + struct("Device.B", "2");
  assert.equal(shown(text), other);
  const json = JSON.stringify({
    "Device.": { A: "1", Password: SECRET, B: ["2", "string"], KeyPassphrase: null },
  });
  assert.equal(shown(json), json.replace(SECRET, "(redacted)"));
});

test("a parameter whose name is missing or cannot be told shows no value", () => {
  for (const text of [
    `<ParameterValueStruct><Value>${SECRET}</Value></ParameterValueStruct>`,
    `ue>x</Value></ParameterValueStruct><ParameterValueStruct><Value>${SECRET}`,
  ]) {
    assert.ok(!shown(text).includes(SECRET));
  }
});

test("what lets in to a file server is not shown, and where it is, is", () => {
  const download =
    `<cwmp:Download><URL>https://me:${SECRET}@files.example/fw.bin?sig=${SECRET}&amp;until=${SECRET}</URL>` +
    `<Username>${SECRET}</Username><Password>${SECRET}</Password><CommandKey>k</CommandKey></cwmp:Download>`;
  assert.equal(
    shown(download),
    "<cwmp:Download><URL>https://(redacted)@files.example/fw.bin?sig=(redacted)&amp;until=(redacted)</URL>" +
      "<Username>(redacted)</Username><Password>(redacted)</Password><CommandKey>k</CommandKey></cwmp:Download>",
  );
  const params = {
    CommandKey: "k",
    URL: `http://acs/files/0123456789abcdef/${SECRET}/fw.bin`,
    Username: SECRET,
    Password: SECRET,
  };
  const text = shown(JSON.stringify({ method: "Upload", params }));
  assert.ok(!text.includes("hush"), text);
  assert.match(text, /http:\/\/acs\/files\/0123456789abcdef\/\(redacted\)/);
  assert.ok(!shown(JSON.stringify(params).replaceAll("/", "\\/")).includes("hush"));
});

test("tokens of the light transport and vouchers are not shown", () => {
  const token = "eyJhbGciOiJFZERTQSJ9.eyJhdWQiOiJsaWdodCJ9.c2lnbmF0dXJl";
  for (const text of [
    `<lt:WebSocketReference><URL>wss://acs/light</URL><Token>${token}</Token><ExpiresIn>600</ExpiresIn></lt:WebSocketReference>`,
    JSON.stringify({ id: "1", result: { Session: "s", Token: token, ExpiresIn: 86_400 } }),
    `a line that names ${token} for nothing`,
    `<cwmp:SetVouchers><VoucherList><base64>${token}</base64></VoucherList></cwmp:SetVouchers>`,
    JSON.stringify({ method: "SetVouchers", params: { VoucherList: [token] } }),
  ]) {
    assert.ok(!shown(text).includes("c2lnbmF0dXJl"), shown(text));
  }
});

test("values without their names are shown only where it is known what was asked for", () => {
  const text = JSON.stringify({ id: "1", result: { Values: ["one", 2, ["3", "long"]] } });
  assert.equal(shown(text, true), text);
  assert.equal(shown(text), '{"id":"1","result":{"Values":"(redacted)"}}');
});

test("what is no document shows no value that stands behind a secret's name", () => {
  for (const text of [
    `Password=${SECRET}&user=me`,
    `wifi key\nKeyPassphrase: "${SECRET} and ${SECRET}"`,
    `{"a": "b, "AdminPassword": "${SECRET}"}`,
    `{Password:'${SECRET}'}`,
    `<Value>{&quot;apiToken&quot;:&quot;${SECRET}&quot;}</Value>`,
    `{"note":"{\\"password\\": \\"${SECRET}\\"}"}`,
    `<Password ${SECRET}</Password>`,
    `<!DOCTYPE a [<!ENTITY n "Password">]><Name>&n;</Name><Value>${SECRET}</Value>`,
    "Authorization: Basic c2VjcmV0OmhlbGxv x",
  ]) {
    const seen = shown(text);
    assert.ok(!seen.includes(SECRET) && !seen.includes("c2VjcmV0OmhlbGxv"), seen);
  }
});

test("of headers, what lets somebody in is not shown", () => {
  const head = shownHead("GET /light?token=abc HTTP/1.1", {
    Host: "acs",
    Authorization: `Digest username="u", realm="r", nonce="n", uri="/", response="${SECRET}", cnonce="${SECRET}", nc=00000001`,
    Cookie: `session=${SECRET}; other=${SECRET}`,
    "Sec-WebSocket-Protocol": `cwmp.json, bearer.${SECRET}`,
    "X-Api-Key": SECRET,
    "User-Agent": "cpe/1.0",
  });
  assert.equal(
    head,
    [
      "GET /light?token=(redacted) HTTP/1.1",
      "Host: acs",
      'Authorization: Digest username="u", realm="r", nonce="n", uri="/", response=(redacted), cnonce=(redacted), nc=00000001',
      "Cookie: session=(redacted); other=(redacted)",
      "Sec-WebSocket-Protocol: cwmp.json, bearer.(redacted)",
      "X-Api-Key: (redacted)",
      "User-Agent: cpe/1.0",
    ].join("\n"),
  );
  assert.equal(
    shownHead("HTTP/1.1 401 Unauthorized", {
      "WWW-Authenticate": 'Digest realm="r", nonce="n"',
      "Set-Cookie": `session=${SECRET}; Path=/; HttpOnly`,
    }),
    'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest realm="r", nonce="n"\nSet-Cookie: session=(redacted); Path=/; HttpOnly',
  );
  for (const scheme of ["Basic", "Bearer", "Custom"]) {
    assert.ok(!shownHead("x", { authorization: `${scheme} ${SECRET}` }).includes(SECRET));
  }
  assert.equal(
    shownHead("CONNECT", { passcode: SECRET, login: "me", "accept-version": "1.2", "X-More": SECRET }),
    "CONNECT\npasscode: (redacted)\nlogin: me\naccept-version: 1.2\nX-More: (redacted)",
  );
});
