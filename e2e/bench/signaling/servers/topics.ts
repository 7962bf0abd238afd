// y-webrtc's server, which takes its port from the environment and listens as soon as it is imported.

process.env.PORT = process.argv[2];
// It is a program, not a part of what the package exports.
await import(new URL('../bin/server.js', import.meta.resolve('y-webrtc')).href);
