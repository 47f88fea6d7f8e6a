/* --- what runs it: the same for every case --------------------------------------------------------------------- */

enum { KVM_NMI_IOCTL, SET_EVENTS, SIGNAL_MSI };            /* by */
enum { NOTHING, LOOK, SAME_VCPU, FRESH_VM };               /* between */
enum { IRQCHIP_KERNEL, IRQCHIP_SPLIT, IRQCHIP_NONE };      /* irqchip */
enum { STOP_PORT = 0xe0, END_PORT = 0xe1, MEMORY = 0x14000 };
enum { GDT = 0, TSS = 0x100, IDT = 0x1000, TABLES = 0x2000, LOG_NEXT = 0x8000, FLAGS = 0x8100, LOG = 0x10000 };

static int kvm, vm, vcpu, run_size;
static struct kvm_run *volatile run;  /* NULL while there is no vCPU, since a kick may come at any time */
static unsigned char *memory;
static unsigned long records;
static unsigned next_action;
static int halted_outside, pushf_read[64];
static char seen[65536];

static void die(const char *what)
{
	fprintf(stderr, "cannot run this case: %s: %s\n", what, strerror(errno));
	exit(77);
}

static int must(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

#define IOCTL(fd, request, argument) must(ioctl(fd, request, argument), #request)

static void kick(int signal)
{
	(void)signal;
	if (run)
		run->immediate_exit = 1;
}

static void note(const char *text)
{
	if (strlen(seen) + strlen(text) + 3 < sizeof(seen)) {
		if (seen[0])
			strcat(seen, ", ");
		strcat(seen, text);
	}
}

static void make_vm(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY, .userspace_addr = (unsigned long)memory };
	static struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entries[256]; } cpuid;
	struct kvm_lapic_state lapic;
	void *shared;

	do  /* it also ends for a tick of the timer */
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	while (vm < 0 && errno == EINTR);
	if (vm < 0)
		die("KVM_CREATE_VM");
	ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000);
	if (irqchip == IRQCHIP_KERNEL) {
		IOCTL(vm, KVM_CREATE_IRQCHIP, 0);
	} else if (irqchip == IRQCHIP_SPLIT) {
		struct kvm_enable_cap cap = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
		IOCTL(vm, KVM_ENABLE_CAP, &cap);
	}
	IOCTL(vm, KVM_SET_USER_MEMORY_REGION, &region);
	vcpu = IOCTL(vm, KVM_CREATE_VCPU, 0);
	shared = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	run = shared;
	cpuid.head.nent = 256;
	IOCTL(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid.head);
	for (unsigned i = 0; i < cpuid.head.nent; i++) {  /* this vCPU's APIC has the id 0 */
		struct kvm_cpuid_entry2 *entry = &cpuid.head.entries[i];
		if (entry->function == 1)
			entry->ebx &= 0xffffff;
		else if (entry->function == 0xb || entry->function == 0x1f)
			entry->edx = 0;
	}
	IOCTL(vcpu, KVM_SET_CPUID2, &cpuid.head);
	if (irqchip != IRQCHIP_NONE) {
		IOCTL(vcpu, KVM_GET_LAPIC, &lapic);
		IOCTL(vcpu, KVM_SET_LAPIC, &lapic);  /* before that KVM may drop an MSI */
	}
}

static struct kvm_segment segment(int selector, int type, int code)
{
	struct kvm_segment made = { .limit = 0xffffffff, .selector = selector, .type = type, .present = 1, .s = 1, .g = 1 };

	made.l = code && wide;
	made.db = !(code && wide);
	return made;
}

static void start_at(unsigned long rip, unsigned long rsp, unsigned long rflags)
{
	struct kvm_regs regs = { .rip = rip, .rsp = rsp, .rflags = rflags, .rax = 0x400, .rbx = 0x10, .rcx = 0x830 };
	struct kvm_sregs sregs;

	IOCTL(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs = segment(8, 0xb, 1);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment(0x10, 0x3, 0);
	sregs.tr = (struct kvm_segment){ .base = TSS, .limit = 0x67, .selector = 0x18, .type = 0xb, .present = 1 };
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.gdt.base = GDT;
	sregs.gdt.limit = 0x17;
	sregs.idt.base = IDT;
	sregs.idt.limit = 32 * (wide ? 16 : 8) - 1;
	sregs.cr0 = 0x80000031;
	sregs.cr3 = TABLES;
	sregs.cr4 = wide ? 0x20 : 0;
	sregs.efer = wide ? 0x500 : 0;
	if (irqchip != IRQCHIP_NONE)
		sregs.apic_base |= 0xc00;
	IOCTL(vcpu, KVM_SET_SREGS, &sregs);
	IOCTL(vcpu, KVM_SET_REGS, &regs);
}

static void load(const struct word *words, unsigned count)
{
	memset(memory, 0, MEMORY);
	for (unsigned i = 0; i < count; i++)
		memcpy(memory + words[i].address, &words[i].value, 8);
}

/* An OUT is over only when KVM_RUN is called again; with immediate_exit no more happens. */
static void complete(void)
{
	run->immediate_exit = 1;
	if (ioctl(vcpu, KVM_RUN, 0) == 0 || errno != EINTR)
		die("KVM_RUN with immediate_exit");
}

static int run_to_port(int port)
{
	for (int i = 0; i < 1000; i++) {
		run->immediate_exit = 0;
		if (ioctl(vcpu, KVM_RUN, 0) == 0) {
			if (run->exit_reason != KVM_EXIT_IO || run->io.port != port)
				return 0;
			complete();
			return 1;
		}
	}
	return 0;
}

/* The first NMI of a vCPU is not that of the case, and all pages that its delivery needs are mapped before. */
static void warm_up(void)
{
	unsigned char *before = malloc(MEMORY);

	if (!before)
		die("malloc");
	memcpy(before, memory, MEMORY);
	load(warm_up_memory, sizeof(warm_up_memory) / sizeof(warm_up_memory[0]));
	start_at(start_rip, warm_up_rsp, 0x202);
	if (!run_to_port(STOP_PORT))
		die("a guest of this kind does not run here");
	IOCTL(vcpu, KVM_NMI, 0);
	if (!run_to_port(END_PORT))
		die("a guest of this kind does not handle an NMI here");
	memcpy(memory, before, MEMORY);
	free(before);
}

static void begin(void)
{
	struct kvm_vcpu_events events;
	struct kvm_mp_state state = { start_waiting ? KVM_MP_STATE_INIT_RECEIVED : KVM_MP_STATE_RUNNABLE };

	load(start_memory, sizeof(start_memory) / sizeof(start_memory[0]));
	if (start_untouched) {  /* out of the nested page tables; what it holds stays */
		unsigned char page[4096];
		memcpy(page, memory + start_untouched, sizeof(page));
		madvise(memory + start_untouched, sizeof(page), MADV_DONTNEED);
		memcpy(memory + start_untouched, page, sizeof(page));
	}
	start_at(start_rip, start_rsp, start_rflags);
	IOCTL(vcpu, KVM_SET_MP_STATE, &state);
	IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
	events.flags &= KVM_VCPUEVENT_VALID_SHADOW;
	events.flags |= KVM_VCPUEVENT_VALID_NMI_PENDING;
	events.nmi.pending = events.nmi.injected = 0;
	events.nmi.masked = start_masked;
	events.interrupt.shadow = start_shadow;
	IOCTL(vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static void restore_same_or_fresh(int fresh)
{
	struct kvm_mp_state state;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debugregs;
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	const int apic = irqchip != IRQCHIP_NONE;

	IOCTL(vcpu, KVM_GET_MP_STATE, &state);
	IOCTL(vcpu, KVM_GET_REGS, &regs);
	IOCTL(vcpu, KVM_GET_SREGS, &sregs);
	IOCTL(vcpu, KVM_GET_DEBUGREGS, &debugregs);
	if (apic)
		IOCTL(vcpu, KVM_GET_LAPIC, &lapic);
	IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
	if (fresh) {
		struct kvm_run *before = run;

		run = NULL;
		munmap(before, run_size);
		close(vcpu);
		close(vm);
		make_vm();
		warm_up();
	}
	IOCTL(vcpu, KVM_SET_REGS, &regs);
	IOCTL(vcpu, KVM_SET_SREGS, &sregs);
	IOCTL(vcpu, KVM_SET_MP_STATE, &state);
	IOCTL(vcpu, KVM_SET_DEBUGREGS, &debugregs);
	if (apic && fresh)
		IOCTL(vcpu, KVM_SET_LAPIC, &lapic);
	IOCTL(vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static void act(void)
{
	const struct action *action = &actions[next_action];
	struct kvm_vcpu_events events;
	char text[80];

	if (next_action == sizeof(actions) / sizeof(actions[0]))
		return;
	next_action++;
	if (action->nmis && action->by == SET_EVENTS) {
		IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
		events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
		events.nmi.pending = action->nmis;
		IOCTL(vcpu, KVM_SET_VCPU_EVENTS, &events);
	}
	for (unsigned i = 0; i < action->nmis; i++) {
		struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x400 };
		if (action->by == KVM_NMI_IOCTL)
			IOCTL(vcpu, KVM_NMI, 0);
		else if (action->by == SIGNAL_MSI)
			IOCTL(vm, KVM_SIGNAL_MSI, &msi);
	}
	if (action->start) {
		struct kvm_mp_state state = { KVM_MP_STATE_RUNNABLE };
		IOCTL(vcpu, KVM_SET_MP_STATE, &state);
	}
	if (action->between == NOTHING)
		return;
	IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
	snprintf(text, sizeof(text), "%d pending%s%s", events.nmi.pending + !!events.nmi.injected,
		 events.nmi.masked ? " and masked" : "", events.interrupt.shadow ? " in a shadow" : "");
	note(text);
	if (action->between != LOOK)
		restore_same_or_fresh(action->between == FRESH_VM);
}

static unsigned long word_at(unsigned long address)
{
	unsigned long value;

	memcpy(&value, memory + address, sizeof(value));
	return wide ? value : value & 0xffffffff;
}

static void note_frame(const char *what, const char *at, unsigned long flags, unsigned long dr6)
{
	char text[160];
	const int iff = !!(flags & 0x200), tf = !!(flags & 0x100), bs = !!(dr6 & 0x4000);

	snprintf(text, sizeof(text), "%s at %s%s%s%s%s%s%s%s", what, at, iff || tf || bs ? " (" : "", iff ? "IF" : "",
		 iff && tf ? " " : "", tf ? "TF" : "", (iff || tf) && bs ? " " : "", bs ? "DR6.BS" : "",
		 iff || tf || bs ? ")" : "");
	note(text);
}

static const char *position(unsigned long address)
{
	const char *found = "nowhere";

	for (unsigned i = 0; i < sizeof(positions) / sizeof(positions[0]); i++)
		if (positions[i].address <= address)
			found = positions[i].name;
	return found;
}

/* What handlers and PUSHF have written since the last call. */
static void drain(void)
{
	const unsigned long next = word_at(LOG_NEXT);

	for (; LOG + records * 32 < next && next <= MEMORY; records++) {
		const unsigned long at = LOG + records * 32, vector = word_at(at + 24) & 0xff;
		note_frame(vector == 2 ? "NMI" : vector == 1 ? "#DB" : "#GP", position(word_at(at)), word_at(at + 8),
			   word_at(at + 16));
	}
	for (unsigned i = 0; i < sizeof(pushfs) / sizeof(pushfs[0]) && pushfs[i].name; i++) {
		const unsigned long flags = word_at(pushfs[i].address);
		if (!pushf_read[i] && (flags & 0xffffffff) != 0xffffffff) {
			note_frame("PUSHF", pushfs[i].name, flags, 0);
			pushf_read[i] = 1;
		}
	}
}

static int sleeps(void)
{
	struct kvm_mp_state state;

	IOCTL(vcpu, KVM_GET_MP_STATE, &state);
	return state.mp_state != KVM_MP_STATE_RUNNABLE;
}

static int nmi_is_due(void)
{
	struct kvm_vcpu_events events;

	IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
	return (events.nmi.pending || events.nmi.injected) && !events.nmi.masked;
}

/* Without a local APIC in KVM it is this program that knows that the vCPU halts. */
static int still_halted_outside(void)
{
	halted_outside = halted_outside && !nmi_is_due();
	return halted_outside;
}

static void note_end(void)
{
	struct kvm_vcpu_events events;
	char text[80] = "end";
	unsigned waits;

	IOCTL(vcpu, KVM_GET_VCPU_EVENTS, &events);
	waits = events.nmi.pending + !!events.nmi.injected;
	if (waits)
		sprintf(text, "end with %u pending", waits);
	if (events.nmi.masked)
		strcat(text, " masked");
	note(text);
}

static void run_to_end(void)
{
	int asleep = 0;

	act();
	for (int i = 0; i < 1000; i++) {
		run->immediate_exit = 0;
		if (!still_halted_outside()) {
			if (ioctl(vcpu, KVM_RUN, 0) != 0) {
				asleep = sleeps() ? asleep + 1 : 0;
				if (asleep < 3 || (asleep < 30 && nmi_is_due()))
					continue;
			} else if (run->exit_reason == KVM_EXIT_HLT && irqchip == IRQCHIP_NONE) {
				halted_outside = 1;
				continue;
			} else if (run->exit_reason == KVM_EXIT_IO && run->io.port == STOP_PORT) {
				complete();
				drain();
				act();
				continue;
			} else if (run->exit_reason == KVM_EXIT_IO && run->io.port == END_PORT) {
				complete();
				drain();
				note_end();
				return;
			} else {
				drain();
				note("stopped for good");
				return;
			}
		}
		asleep = 0;
		drain();
		note("asleep");
		if (next_action == sizeof(actions) / sizeof(actions[0]))
			return;
		act();
	}
	drain();
	note("stuck");
}

int main(void)
{
	struct sigaction action = { .sa_handler = kick };
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };

	kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	run_size = IOCTL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	make_vm();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	warm_up();
	begin();
	run_to_end();
	printf("seen:      %s\n", seen);
	for (unsigned i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++)
		if (strcmp(permitted[i], seen) == 0) {
			printf("which is permitted\n");
			return 0;
		}
	for (unsigned i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++)
		printf("permitted: %s\n", permitted[i]);
	return 1;
}
