export class SearchPage { constructor(host) { host.append('…'); } update() {} }
