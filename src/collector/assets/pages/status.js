export class StatusPage { constructor(host) { host.append('…'); } update() {} }
