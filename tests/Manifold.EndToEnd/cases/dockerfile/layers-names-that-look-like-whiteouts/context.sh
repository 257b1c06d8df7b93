mkdir d; echo x >d/wh.file; echo y >d/.whfile; echo z >d/a.wh.b
