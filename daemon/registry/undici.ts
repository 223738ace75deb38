/** What is used of undici: a file of its own in the bundle, read when the first registry is asked. */
export { Agent, EnvHttpProxyAgent, request } from "undici";
