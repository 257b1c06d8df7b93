# Sets extended attributes without tools: system call 188 on x86-64, 5 on the others.
my $setxattr = `uname -m` =~ /x86_64/ ? 188 : 5;
sub set { my ($file, $name, $value) = @_; syscall($setxattr, $file, $name, $value, length $value, 0) == 0 or die "$file $name: $!" }
set("/with", "user.one", "1");
set("/with", "user.two", "with\nline and = sign");
set("/etc", "user.folder", "yes");
set("/capable", "security.capability", pack("V5", 0x02000001, 1 << 10, 0, 0, 0));
