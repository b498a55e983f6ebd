// Runs inside the process of a rehearsed Node.js function: calls its handler as the Lambda service does.
// Arguments: the handler ("module.function") and a folder with event.json; the outcome goes to result.json.
"use strict";
const fs = require("fs");
const http = require("http");
const https = require("https");
const Module = require("module");
const path = require("path");

const [handlerName, folder] = process.argv.slice(2);
const bridge = new URL(process.env.REHEARSAL_BRIDGE);

// CDK's handlers answer CloudFormation over HTTPS on the default port; that one host is played on this machine.
const request = https.request;
https.request = (options, callback) =>
  options.hostname === process.env.REHEARSAL_RESPONSE_HOST
    ? http.request({ ...options, hostname: bridge.hostname, port: bridge.port }, callback)
    : request(options, callback);

// The runtime brings the AWS SDK. Here its clients hand each call to the rehearsal, which makes it with boto3.
async function call(service, operation, input) {
  const answer = await fetch(new URL(`/sdk/${service}/${operation}`, bridge), {
    method: "POST",
    headers: { "x-access-key": process.env.AWS_ACCESS_KEY_ID },
    body: JSON.stringify(input ?? {}),
  });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.message), { name: body.code, Code: body.code });
  return body;
}

function sdk(service) {
  const client = class {
    constructor() {
      return new Proxy(this, {
        get: (_, operation) => {
          if (operation === "send") return (command) => call(service, command.operation, command.input);
          if (operation === "then") return undefined;
          return (input) => call(service, operation, input);
        },
      });
    }
  };
  // As a prototype: compiled imports copy own properties, of which a proxy has none, and keep the prototype.
  return Object.create(new Proxy({}, {
    get: (_, name) => {
      if (typeof name !== "string" || name === "__esModule") return undefined;
      if (!name.endsWith("Command")) return client;
      const operation = name[0].toLowerCase() + name.slice(1, -"Command".length);
      return class { constructor(input) { this.operation = operation; this.input = input; } };
    },
  }));
}

const load = Module._load;
Module._load = function (name, ...rest) {
  return name.startsWith("@aws-sdk/client-") ? sdk(name.slice("@aws-sdk/client-".length)) : load.call(this, name, ...rest);
};

// The seconds that do not count on the rehearsal's clock, since the beginning of the call.
function lag() {
  const [before, file] = process.env.REHEARSAL_PACE.split(" ");
  return file ? fs.readFileSync(file).readDoubleLE(0) - Number(before) : 0;
}

async function main() {
  const dot = handlerName.lastIndexOf(".");
  const code = require(path.join(process.env.LAMBDA_TASK_ROOT, handlerName.slice(0, dot)));
  const event = JSON.parse(fs.readFileSync(path.join(folder, "event.json"), "utf8"));
  return code[handlerName.slice(dot + 1)](event, {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    awsRequestId: process.env.REHEARSAL_REQUEST_ID,
    logStreamName: "rehearsal",
    getRemainingTimeInMillis: () => {
      const { REHEARSAL_SECONDS: seconds, REHEARSAL_DEADLINE: deadline } = process.env;
      return Math.max(0, Math.min(seconds * 1000, (Number(deadline) + lag()) * 1000 - Date.now()));
    },
  });
}

const write = (outcome) => fs.writeFileSync(path.join(folder, "result.json"), JSON.stringify(outcome));
main().then(
  (value) => write({ value: value ?? null }),
  (error) => write({ error: { errorType: error.name, errorMessage: error.message, stackTrace: error.stack } }),
);
