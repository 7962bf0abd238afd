declare module 'bittorrent-tracker/server' {
  export default class Server {
    constructor(options: Readonly<Record<string, boolean | number>>);
    on(event: 'error', listener: (error: Error) => void): this;
    listen(port: number, host: string): void;
  }
}
