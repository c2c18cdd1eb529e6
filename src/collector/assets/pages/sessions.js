export class SessionsPage { constructor(host) { host.append('…'); } update() {} }
