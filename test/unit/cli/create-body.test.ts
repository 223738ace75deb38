/** `create` and `run`: the body that is sent, and the words for flags that cannot be, beside docker's own client. */
import { deepEqual } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { besideDocker, essence, needsDocker28, type Outcome } from "../../support/beside-docker.ts";
import type { Answers } from "../../support/fake-engine.ts";

const ANSWERS: Answers = { "POST /containers/create": { status: 201, body: { Id: "a".repeat(64), Warnings: [] } } };

/** Words apart by spaces; `~` stands for a space in a word. */
const LINES = `
busybox
busybox ls -l --all
-it busybox sh
-a stdin -a stdout busybox
-i -a stderr busybox
-e A=1 -e HOME -e NOPE_NOT_SET -e EMPTY= --env-file env.txt busybox
-l a=b -l c --label-file labels.txt busybox
-p 80 -p 8080:80 -p 127.0.0.1:81:81/udp -p 9000-9002:9000-9002 busybox
-p 0.0.0.0::90 -p [::1]:7000:70 busybox
-p 8000-8010:80 busybox
-P --expose 99 --expose 100-102/udp busybox
-p target=80,published=8080,protocol=udp busybox
-v /a:/b -v named:/c:ro -v /anon -v ./rel:/d -v .:/e busybox
-v /a:/b:z,ro busybox
--mount type=bind,src=/a,dst=/b,readonly busybox
--mount source=vol,target=/v,volume-nocopy,volume-label=x=y,volume-opt=o=1 --mount type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1770 busybox
--mount type=bind,source=./rel,target=/b,bind-propagation=rslave busybox
--mount type=bind,source=/a,target=/b,bind-recursive=disabled busybox
--mount type=bind,source=/a,target=/b,ro,bind-recursive=readonly,bind-propagation=rprivate busybox
--mount type=volume,dst=/v,volume-driver=local,volume-subpath=s busybox
--mount type=image,source=busybox,target=/i busybox
--tmpfs /run --tmpfs /tmp:rw,size=1g busybox
-m 64m --memory-swap -1 --memory-reservation 32m --memory-swappiness 10 busybox
-m 1.5g busybox
--cpus 1.5 --cpu-shares 512 --cpuset-cpus 0-1 --cpuset-mems 0 --pids-limit 100 busybox
--cpu-period 100000 --cpu-quota 50000 --cpu-rt-period 1000 --cpu-rt-runtime 500 busybox
--blkio-weight 300 --blkio-weight-device /dev/sda:200 --device-read-bps /dev/sda:1mb --device-write-iops /dev/sda:100 busybox
--device /dev/null --device /dev/zero:/dev/z:r --device /dev/full:rw --device-cgroup-rule c~1:3~rwm busybox
--ulimit nofile=1024:2048 --ulimit nproc=10 --ulimit core=-1 busybox
--cap-add NET_ADMIN --cap-add cap_sys_time --cap-drop ALL busybox
--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=x --security-opt label=disable busybox
--security-opt seccomp=sec.json busybox
--security-opt systempaths=unconfined busybox
--privileged --read-only --init --rm busybox
--restart always busybox
--restart on-failure:3 busybox
--restart unless-stopped busybox
--network host busybox
--network none busybox
--net bridge busybox
--network n1 --network-alias a1 --ip 10.0.0.5 busybox
--network name=n1,alias=x,alias=y,ip=10.0.0.9,driver-opt=k=v busybox
--network n1 --network n2 busybox
--network container:web busybox
--mac-address 92:d0:c6:0a:29:33 busybox
--link web:db --network bridge busybox
--dns 1.1.1.1 --dns-search x.y --dns-option ndots:2 --add-host a:1.2.3.4 --add-host b=::1 --add-host h:host-gateway busybox
-h host1 --domainname dom busybox
-u 1000:1000 -w /work --group-add 5 --group-add audio busybox
--entrypoint /bin/sh busybox -c ls
--entrypoint= busybox ls
--stop-signal SIGUSR1 --stop-timeout 5 busybox
--log-driver json-file --log-opt max-size=1m --log-opt max-file=2 busybox
--log-driver none busybox
--health-cmd true --health-interval 5s --health-timeout 1m --health-retries 2 --health-start-period 1s --health-start-interval 2s busybox
--no-healthcheck busybox
--ipc host --pid host --uts host --userns host --cgroupns private --cgroup-parent /p busybox
--shm-size 128m --oom-kill-disable --oom-score-adj -500 busybox
--sysctl net.core.somaxconn=10 --annotation a=b --storage-opt size=1g --runtime runc busybox
--volumes-from c1:ro --volume-driver local busybox
--isolation default --platform linux/amd64 --name n busybox
--gpus all busybox
--gpus 2 busybox
-itd busybox
--ulimit nofile=10:5 busybox
--ulimit foo busybox
--mount type=bind,target=/b busybox
--mount dst=/b,foo=bar busybox
--mount type=tmpfs busybox
-p 99999:80 busybox
-p abc busybox
-p 80-82:90 busybox
-v /a:/b:/c:d busybox
-v :/b busybox
-e =x busybox
--env-file nonexist busybox
--label-file nonexist busybox
--restart sometimes busybox
--restart no:3 busybox
--device nope busybox
--add-host bad busybox
--health-cmd x --no-healthcheck busybox
--health-interval -1s busybox
--health-retries x busybox
--memory-swappiness 200 busybox
--pull sometimes busybox
-a nope busybox
--network-alias a busybox
--network alias=x busybox
--network name=n1,foo=bar busybox
--log-opt busybox
--cpus x busybox
--blkio-weight 5000000 busybox
--cidfile env.txt busybox
--security-opt seccomp=nofile busybox
--security-opt bad busybox
--device-read-bps x busybox
--storage-opt x busybox
--sysctl x busybox
--pid bad busybox
--uts bad busybox
--userns bad busybox
--cgroupns bad busybox
--shm-size x busybox
--stop-timeout x busybox
--expose x busybox
--dns bad busybox
--mac-address bad busybox
--restart always --rm busybox
`;

describe("slipway create", function () {
  this.timeout(60_000);
  before(needsDocker28);
  let cwd: string;
  const home = process.cwd();
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "slipway-cli-"));
    await writeFile(join(cwd, "env.txt"), "A=1\n# c\n  B=two words\nHOME\nEMPTY=\n");
    await writeFile(join(cwd, "labels.txt"), "l1=x\nl2\n");
    await writeFile(join(cwd, "sec.json"), '{"defaultAction":"SCMP_ACT_ALLOW", "x" : [1, 2]}');
  });
  before(() => process.chdir(cwd));
  after(() => process.chdir(home));
  after(() => rm(cwd, { recursive: true, force: true }));

  for (const line of LINES.trim().split("\n")) {
    it(`create ${line}`, async () => {
      const words = line.split(" ").map((word) => word.replaceAll("~", " "));
      const both = await besideDocker(["create", ...words], ANSWERS, { cwd, env: { HOME: "/home/me" } });
      deepEqual(shown(both.slipway), shown(both.docker));
    });
  }
});

function shown({ code, stdout, stderr, requests }: Outcome): unknown {
  // What docker's client warns of by itself is not said here.
  const errors = stderr.split("\n").filter((line) => !/^(WARNING|DEPRECATED)/.test(line));
  return {
    code,
    stdout,
    errors,
    sent: requests.map(({ path, query, body }) => ({ path, query, body: essence(body) })),
  };
}
