export class SessionPage { constructor(host) { host.append('…'); } update() {} }
